"""The table of checkpoint savers. Other packages add theirs by the entry point group ``rla_checkpoint_savers``."""

from __future__ import annotations

import functools
import importlib
from typing import Final

from rla.checkpoint.base import CheckpointSaver
from rla.errors import CheckpointError, ConfigValueError, MissingPackageError, did_you_mean, warn_quietly
from rla.names import FRAMEWORKS

__all__ = ["ENTRY_POINTS", "SAVERS", "check_framework", "framework_of", "saver_for"]

SAVERS: Final[dict[str, str]] = {
    "torch": "rla.checkpoint.torch:TorchSaver",
    "plain": "rla.checkpoint.plain:PlainSaver",
    "jax": "rla.checkpoint.jax:JaxSaver",
    "tensorflow": "rla.checkpoint.tensorflow:TensorflowSaver",
}
"""Name of a framework → dotted path of its saver, imported on first use."""

ENTRY_POINTS: Final = "rla_checkpoint_savers"

_SUFFIXES: Final = {".pt": "torch", ".npz": "plain", ".jax": "jax", ".tf": "tensorflow"}


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


def framework_of(suffix: str) -> str | None:
    """Return the framework whose files have a suffix such as ``.pt``; None when there is none."""
    return _SUFFIXES.get(suffix) or (_foreign_suffixes().get(suffix) if _foreign() else None)


@functools.lru_cache(maxsize=1)
def _foreign_suffixes() -> dict[str, str]:
    """Return the suffixes of the savers of other packages; one that cannot be used warns and is left out."""
    found: dict[str, str] = {}
    for framework in _foreign():
        try:
            found.setdefault(saver_for(framework).suffix, framework)
        except (CheckpointError, MissingPackageError) as error:
            warn_quietly(str(error))
    return found
