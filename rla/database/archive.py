"""The archive of an experiment, `archive_tester/….pkl`: plain data in a pickle, read without running code.

Older archives hold an instance of a class. Its name is known here only when somebody registers it with
`accept_as_plain_state`; the instance then comes back as `ArchivedState`, its attributes and nothing else.
"""

from __future__ import annotations

import argparse
import io
import pickle
from collections.abc import Mapping
from pathlib import Path
from types import MappingProxyType
from typing import Any, Final

from rla import files
from rla.database.bounded_values import MOST_VALUES, check_size
from rla.database.pickle_check import Budget, check_pickle
from rla.errors import UntrustedPickleError

__all__ = [
    "ArchivedState",
    "accept_as_plain_state",
    "objects_path",
    "objects_path_text",
    "read_archive",
    "read_object",
    "sealed_objects",
    "write_archive",
    "write_objects",
]

_PLAIN: Final = {
    "builtins": {"slice", "object"},
    "datetime": {"datetime", "date", "time", "timedelta", "timezone"},
    "decimal": {"Decimal"},
}
"""What an archive may name: constructors of small plain values, none of which can be made to call anything."""

_PATHS: Final = {"Path", "PosixPath", "WindowsPath", "PurePath", "PurePosixPath", "PureWindowsPath"}
_DEEPEST: Final = 200
_PYTHON_2: Final = {
    "__builtin__": "builtins",
    "copy_reg": "copyreg",
    "xrange": "range",
    "long": "int",
    "unicode": "str",
}


class ArchivedState:
    """The attributes of an archived instance, without its class."""

    def __init__(self, *args: object) -> None:
        pass

    def __setstate__(self, state: Any) -> None:
        if isinstance(state, tuple) and len(state) == 2:  # a class with __slots__
            state = {**(state[0] or {}), **(state[1] or {})}
        if isinstance(state, dict):
            self.__dict__.update(state)


_stand_ins: set[tuple[str, str]] = set()


def accept_as_plain_state(module: str, name: str) -> None:
    """Let archives hold instances of the class ``module.name``; they come back as `ArchivedState`."""
    _stand_ins.add((module, name))


class _PlainUnpickler(pickle.Unpickler):
    def __init__(self, stream: io.BytesIO, path: str, budget: Budget) -> None:
        from rla.database import safe_arrays, safe_containers  # writing needs none of it

        super().__init__(stream)
        self._path = path
        self._safe = {**safe_arrays.stand_ins(), **safe_containers.stand_ins(budget)}

    def find_class(self, module: str, name: str) -> Any:
        """Return the constructor of a plain value.

        Classes written in Python are answered with a new subclass or a function: a pickle may set attributes on
        what it gets here, and that must not reach the class of this process.
        """
        module, name = _PYTHON_2.get(module, module), _PYTHON_2.get(name, name)
        if (module, name) in _stand_ins:
            return type("ArchivedState", (ArchivedState,), {})
        if (module, name) == ("argparse", "Namespace"):
            return type("Namespace", (argparse.Namespace,), {"__new__": lambda cls: argparse.Namespace()})
        if module.startswith("pathlib") and name in _PATHS:
            return lambda *parts: Path(*map(str, parts))
        if (module, name) == ("copyreg", "_reconstructor"):
            return lambda kind, base, state: kind.__new__(kind) if base is object else base(state)
        if (module, name) == ("builtins", "bytes"):
            return lambda: b""  # how protocol 2 writes no bytes
        if (module, name) in self._safe:
            return self._safe[module, name]
        if name in _PLAIN.get(module, ()):
            return super().find_class(module, name)
        raise UntrustedPickleError(self._path, f"'{module}.{name}'")


def read_archive(path: Path, trust: bool = False, limit: int = 1 << 30) -> Any:
    """Read an archive.

    Args:
        path: the pickle.
        trust: read anything, which may run code; only for files of one's own.
        limit: bytes that the file may have; what it holds may take four times as much.

    Raises:
        UntrustedPickleError: it wants more than plain data; the message names what.
        OSError: it cannot be read.
        ValueError: it is cut short, no pickle, or holds too much.
    """
    content = files.read_regular(path, limit)
    try:
        return pickle.loads(content) if trust else _read_plain(content, str(path), Budget(4 * limit))
    except UntrustedPickleError:
        raise
    except RecursionError:
        raise ValueError(f"'{path}' is no pickle that can be read: values are nested too deeply") from None
    except Exception as error:  # a damaged pickle can raise nearly anything
        raise ValueError(f"'{path}' is no pickle that can be read: {error}") from error


def _read_plain(content: bytes, path: str, budget: Budget) -> Any:
    from rla.database.safe_arrays import finished

    check_pickle(content, path, budget)
    found = finished(_PlainUnpickler(io.BytesIO(content), path, budget).load())
    check_size(found, most=max(MOST_VALUES, len(content)), deepest=_DEEPEST)
    return found


def write_archive(path: Path, content: dict[str, Any]) -> None:
    """Write plain data as an archive, whole or not at all.

    Raises:
        OSError: it could not be written; an earlier archive is unchanged.
    """
    files.write_atomic(path, pickle.dumps(content, protocol=4))


def objects_path(archive: Path) -> Path:
    """Return the file beside an archive that keeps what is no plain data."""
    return Path(objects_path_text(str(archive)))


def objects_path_text(archive: str) -> str:
    """Return the same as text: making a path of a hundred thousand archives takes a while."""
    return f"{archive.removesuffix('.pkl')}.objects"


def sealed_objects(archive: Path) -> dict[str, bytes]:
    """Return the values beside an archive as they are, pickled, by name; no code of theirs runs. None are no error.

    Raises:
        OSError: the file cannot be read.
        ValueError: the file is damaged.
    """
    path = objects_path(archive)
    if not path.exists():
        return {}
    content = _read_plain(files.read_regular(path, limit=1 << 50), str(path), Budget(1 << 50))
    return {name: each for name, each in content.items() if isinstance(each, bytes)}


def write_objects(
    archive: Path, objects: dict[str, Any], sealed: Mapping[str, bytes] = MappingProxyType({})
) -> list[str]:
    """Write values that are no plain data into a pickle beside the archive; without any, it is removed.

    Args:
        archive: the archive.
        objects: the values by name.
        sealed: others that are pickled already, as `sealed_objects` returns them.

    Returns:
        Names of those that are kept there; what no pickle can hold is left out.

    Raises:
        OSError: it could not be written; an earlier one is unchanged.
    """
    path = objects_path(archive)
    pickled = dict(sealed)
    for name, value in objects.items():
        try:
            pickled[name] = pickle.dumps(value, protocol=4)
        except Exception:  # pickling runs code of the value's class, which may raise anything
            continue
    if pickled:
        files.write_atomic(path, pickle.dumps(pickled, protocol=4))
    elif path.exists():
        files.remove(path)
    return list(pickled)


def read_object(archive: Path, name: str) -> Any:
    """Read one of the values beside an archive, which runs code of its class: only for files of one's own.

    Raises:
        KeyError: it is not there.
        OSError: the file cannot be read.
        ValueError: the file is damaged.
    """
    content = files.read_regular(objects_path(archive), limit=1 << 50)
    try:
        return pickle.loads(pickle.loads(content)[name])
    except KeyError:
        raise
    except Exception as error:  # a damaged pickle, or a class that has changed since, can raise nearly anything
        raise ValueError(f"'{name}' of '{objects_path(archive)}' cannot be loaded: {error}") from error
