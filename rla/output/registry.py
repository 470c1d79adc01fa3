"""The table of outputs. Packages add theirs by the entry point group ``rla_outputs``, scripts by `register_output`.

To add one of ours: write a class after `base.Output`, and name it in `OUTPUTS`.
"""

from __future__ import annotations

import functools
import importlib
import inspect
import re
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import TYPE_CHECKING, Final, TypeVar

from rla.errors import ConfigError, ConfigValueError, did_you_mean, warn_quietly
from rla.output.base import Output

if TYPE_CHECKING:
    from importlib.metadata import EntryPoint

__all__ = [
    "ALWAYS",
    "ENTRY_POINTS",
    "OUTPUTS",
    "adopt_output",
    "check_formats",
    "format_names",
    "is_format",
    "make_output",
    "register_output",
]

OUTPUTS: Final[dict[str, str]] = {
    "stdout": "rla.output.text_files:StdoutOutput",
    "log": "rla.output.text_files:LogOutput",
    "tensorboard": "rla.output.tensorboard:TensorBoardOutput",
    "csv": "rla.output.csv_file:CsvOutput",
    "json": "rla.output.json_lines:JsonOutput",
    "episodes": "rla.output.episodes.file:EpisodesOutput",
    "warn": "rla.output.text_files:WarnOutput",
    "backup": "rla.output.text_files:BackupOutput",
}
"""Name of a format → dotted path of its class, imported on first use."""

ALWAYS: Final = ("episodes", "warn", "backup")
"""Outputs that every run has, whatever formats it names."""

ENTRY_POINTS: Final = "rla_outputs"

OutputClass = TypeVar("OutputClass", bound=type[Output])

_WORD: Final = re.compile(r"[A-Za-z][A-Za-z0-9_-]{0,63}")
"""What a name may be: it stands in configurations between commas, and in the commit of a journal, which is small."""

_registered: Final[dict[str, type[Output]]] = {}
"""The classes that this process registered, by name."""


def register_output(cls: OutputClass) -> OutputClass:
    """Let a class of yours be named as an output format; also as a decorator.

    A class that is defined anew under the same path (a cell of a notebook that is run again) takes the place of the
    older one.

    Args:
        cls: derives from `rla.output.Output`; its ``name`` is what users call the format.

    Raises:
        TypeError: it is no such class, or lacks a method.
        ValueError: its name is no plain word, or taken.
    """
    name = _checked(cls).name
    path = f"{cls.__module__}:{cls.__qualname__}"
    earlier, foreign = _registered.get(name), _foreign().get(name)
    owner = ""
    if name in OUTPUTS:
        owner = "rla"
    elif earlier is not None and f"{earlier.__module__}:{earlier.__qualname__}" != path:
        owner = f"{earlier.__module__}:{earlier.__qualname__}"
    elif foreign is not None and _package(foreign.value) != _package(path):  # its own package may name it twice
        owner = foreign.value
    if owner:
        raise ValueError(f"The name '{name}' of {path} is taken by an output of {owner}; give it another one.")
    _registered[name] = cls
    return cls


def format_names() -> list[str]:
    """Return the names of the formats that a configuration can list: ours, registered ones, those of packages."""
    ours = [name for name in OUTPUTS if name not in ALWAYS]
    return list(dict.fromkeys((*ours, *_registered, *_foreign())))


def is_format(name: str) -> bool:
    """Say whether there is an output of that name; other packages are only looked at for names that are not ours."""
    return name in OUTPUTS or name in _registered or name in _foreign()


def check_formats(names: Iterable[str], key: str = "The format", source: str = "the list of formats") -> None:
    """Check that there is an output for each name, and that those of other packages can be loaded.

    Args:
        names: the formats that a run shall have.
        key: what error messages call the place that names them.
        source: what they call the configuration.

    Raises:
        ConfigValueError: there is no such format; the message names the nearest.
        ConfigError: the class of another package cannot be loaded; the message says why.
    """
    for name in names:
        if not is_format(name):
            known = format_names()
            raise ConfigValueError(key, source, name, f"a list of {', '.join(known)}", did_you_mean(name, known))
        if name not in OUTPUTS:
            _class_of(name)


def make_output(name: str, directory: Path, resume_at: int | float | None = None) -> Output:
    """Make the output of a format.

    Args:
        name: a name that `check_formats` accepts.
        directory: the run's log folder.
        resume_at: the time step that the run goes on from; None where it goes on with its end, or begins.

    Raises:
        ConfigValueError: there is no such format; the message names the nearest.
        ConfigError: that of another package cannot be used; the message says why.
        OSError: the file of one of ours could not be opened.
    """

    def begin(cls: type[Output]) -> Output:
        output = cls(directory)
        if resume_at is not None:
            output.resume(resume_at)
        return output

    return _begun(name, begin)


def adopt_output(name: str, directory: Path) -> Output:
    """Make the output of a format on the file that a dead process left, to finish it.

    It raises what `make_output` does.
    """
    return _begun(name, lambda cls: cls.adopt(directory))


def _begun(name: str, begin: Callable[[type[Output]], Output]) -> Output:
    check_formats((name,))
    cls = _class_of(name)
    try:
        return begin(cls)
    except Exception as error:  # code of another package may raise anything
        if name in OUTPUTS:
            raise
        raise _unusable(name, f"{cls.__module__}:{cls.__qualname__}", error) from error


def _class_of(name: str) -> type[Output]:
    if name in OUTPUTS:
        module, _, class_name = OUTPUTS[name].partition(":")
        found: type[Output] = getattr(importlib.import_module(module), class_name)
        return found
    if name in _registered:
        return _registered[name]
    entry = _foreign()[name]
    try:
        cls = _checked(entry.load())
        if cls.name != name:
            raise ValueError(f"its name is '{cls.name}', but it is registered as '{name}'")
    except Exception as error:  # as above
        raise _unusable(name, entry.value, error) from error
    return cls


def _unusable(name: str, path: str, error: Exception) -> ConfigError:
    return ConfigError(f"The output format '{name}' ({path}) cannot be used: {type(error).__name__}: {error}")


def _checked(cls: object) -> type[Output]:
    """Return a class that outputs can be made of.

    Raises:
        TypeError: it is none.
        ValueError: its name is no plain word.
    """
    if not (isinstance(cls, type) and issubclass(cls, Output)):
        raise TypeError(f"{cls!r} is no class that derives from rla.output.Output")
    if inspect.isabstract(cls):
        raise TypeError(f"{cls.__qualname__} lacks {', '.join(sorted(cls.__abstractmethods__))}")
    name: object = getattr(cls, "name", None)
    if not (isinstance(name, str) and _WORD.fullmatch(name)):
        raise ValueError(f"{cls.__qualname__}.name is {name!r}; expected a plain word such as 'my_format'")
    return cls


def _package(path: str) -> str:
    return re.split("[.:]", path, maxsplit=1)[0]


@functools.lru_cache(maxsize=1)
def _foreign() -> dict[str, EntryPoint]:
    """Return the outputs of other packages by name; of two with the same name, that of the first on ``sys.path``."""
    from importlib.metadata import entry_points

    found: dict[str, EntryPoint] = {}
    try:
        for entry in entry_points(group=ENTRY_POINTS):
            found.setdefault(entry.name, entry)
    except Exception as error:  # the records of some package are damaged: that harms neither training nor our formats
        warn_quietly(f"the output formats of other packages cannot be listed: {type(error).__name__}: {error}")
    return found
