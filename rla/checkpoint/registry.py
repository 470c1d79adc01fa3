"""The table of checkpoint savers. Other packages add theirs by the entry point group ``rla_checkpoint_savers``."""

from __future__ import annotations

import functools
import importlib
from typing import Final

from rla.checkpoint.base import CheckpointSaver
from rla.errors import CheckpointError, ConfigValueError, MissingPackageError, did_you_mean, warn_quietly
from rla.names import FRAMEWORKS

__all__ = ["ENTRY_POINTS", "SAVERS", "check_framework", "saver_for", "saver_of_file"]

SAVERS: Final[dict[str, str]] = {
    "torch": "rla.checkpoint.torch:TorchSaver",
    "plain": "rla.checkpoint.plain:PlainSaver",
}
"""Name of a framework → dotted path of its saver, imported on first use."""

ENTRY_POINTS: Final = "rla_checkpoint_savers"

_SUFFIXES: Final = {".pt": "torch", ".npz": "plain"}


def check_framework(name: str, source: str) -> str:
    """Return the name of a framework whose checkpoints can be saved, or at least could.

    Args:
        name: what the configuration says.
        source: what error messages call the configuration.

    Raises:
        ConfigValueError: there is no such framework; the message names the nearest.
    """
    if name not in FRAMEWORKS and name not in _foreign():
        known = [*FRAMEWORKS, *_foreign()]
        raise ConfigValueError("DL_FRAMEWORK", source, name, f"one of {', '.join(known)}", did_you_mean(name, known))
    return name


@functools.lru_cache(maxsize=1)
def _foreign() -> dict[str, str]:
    """Return the savers that other packages register: name → dotted path."""
    from importlib.metadata import entry_points

    return {entry.name: entry.value for entry in entry_points(group=ENTRY_POINTS)}


def saver_for(framework: str) -> CheckpointSaver:
    """Make the saver of a framework.

    Raises:
        MissingPackageError: its package is not installed.
        CheckpointError: there is none, or it cannot be loaded.
    """
    path = SAVERS.get(framework) or _foreign().get(framework)
    if path is None:
        raise CheckpointError(
            f"There is no saver for checkpoints of '{framework}'. Write them into exp_manager.checkpoint_dir yourself, "
            f"or set DL_FRAMEWORK to one of {', '.join([*SAVERS, *_foreign()])}."
        )
    module, _, name = path.partition(":")
    try:
        saver = getattr(importlib.import_module(module), name)()
        if not isinstance(saver, CheckpointSaver):
            raise TypeError(f"{name} does not derive from rla.checkpoint.base.CheckpointSaver")
        return saver
    except MissingPackageError:
        raise
    except Exception as error:  # code of another package, which may raise anything
        raise CheckpointError(f"The checkpoint saver '{framework}' ({path}) cannot be used: {error}") from error


def saver_of_file(file_name: str) -> CheckpointSaver | None:
    """Make the saver that writes files of this name; None when nobody does.

    Raises:
        MissingPackageError: the package of its framework is not installed.
    """
    suffix = file_name[file_name.rfind(".") :]
    if suffix in _SUFFIXES:
        return saver_for(_SUFFIXES[suffix])
    for framework in _foreign():
        try:
            saver = saver_for(framework)
        except (CheckpointError, MissingPackageError) as error:
            warn_quietly(str(error))
            continue
        if saver.suffix == suffix:
            return saver
    return None
