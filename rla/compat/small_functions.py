"""`RLA.utils.utils`: small functions that scripts import."""

from __future__ import annotations

import functools
import os
import sys
from collections.abc import Callable, MutableMapping
from pathlib import Path
from typing import Any, ParamSpec, TypeVar

from rla.compat.const import PLATFORM_TYPE
from rla.compat.deprecation import tell_once
from rla.compat.keywords import renamed

__all__ = [
    "deprecated_alias",
    "get_dir_seperator",
    "get_sys_type",
    "load_yaml",
    "optional_set",
    "rename_kwargs",
    "set_or_append",
    "set_or_keep",
]

Arguments = ParamSpec("Arguments")
Result = TypeVar("Result")


def get_sys_type() -> str:
    """Return the kind of this system: ``win``, ``linux`` or ``other``."""
    if sys.platform.startswith(("win", "cygwin")):
        return PLATFORM_TYPE.WIN
    return PLATFORM_TYPE.LINUX if sys.platform.startswith("linux") else PLATFORM_TYPE.OTHER


def get_dir_seperator() -> str:
    """Return what stands between the parts of a path on this system."""
    return os.sep


def deprecated_alias(**aliases: str) -> Callable[[Callable[Arguments, Result]], Callable[Arguments, Result]]:
    """Return a decorator for a function whose keywords had other names: ``deprecated_alias(old="new")``.

    The first use of an old name gets a `DeprecationWarning`; giving both is a `TypeError`.
    """

    def decorate(function: Callable[Arguments, Result]) -> Callable[Arguments, Result]:
        @functools.wraps(function)
        def call(*args: Any, **kwargs: Any) -> Result:
            rename_kwargs(function.__name__, kwargs, aliases)
            return function(*args, **kwargs)

        return call

    return decorate


def rename_kwargs(func_name: str, kwargs: dict[str, Any], aliases: dict[str, str]) -> None:
    """Rename keywords in their dict.

    Args:
        func_name: the name of the function, for messages.
        kwargs: as they were given; old names become new ones.
        aliases: old name → new one.

    Raises:
        TypeError: both were given.
    """

    def tell(old: str, new: str) -> None:
        tell_once(f"{func_name}({old}=…)", f"{func_name}({new}=…)", stacklevel=6)

    known = renamed(func_name, kwargs, aliases, tell)
    kwargs.clear()
    kwargs.update(known)


def load_yaml(path: str | os.PathLike[str]) -> Any:
    """Return the content of a YAML file as plain data; no code in it runs.

    Raises:
        OSError: it cannot be read.
        yaml.YAMLError: it is no YAML, or wants more than plain data.
    """
    import yaml

    return yaml.safe_load(Path(path).read_text(encoding="utf-8-sig"))


def set_or_append(dict_obj: MutableMapping[Any, list[Any]], key: Any, value: Any) -> None:
    """Append a value to the list of a key, which is made where it is missing."""
    dict_obj.setdefault(key, []).append(value)


def set_or_keep(dict_obj: MutableMapping[Any, Any], key: Any, value: Any) -> None:
    """Set the value of a key that has none; another one stays."""
    dict_obj.setdefault(key, value)


def optional_set(new_val: Any, old_val: Any) -> Any:
    """Return the new value, or the old one where the new one is None."""
    return old_val if new_val is None else new_val
