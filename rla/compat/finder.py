"""Import of modules by their old paths: both spellings give the same module objects, so state never splits."""

from __future__ import annotations

import importlib
import sys
from collections.abc import Sequence
from importlib.abc import Loader, MetaPathFinder
from importlib.machinery import ModuleSpec
from types import ModuleType
from typing import Final

from rla.compat.modules import ALIASES

__all__ = ["install_finder"]

OLD_PACKAGE: Final = "RLA"
PACKAGE: Final = "rla"


def _target_of(name: str) -> str | None:
    """Return the module that answers to an import, None where the import system finds it by itself."""
    package, _, path = name.partition(".")
    if not path or package not in (OLD_PACKAGE, PACKAGE):
        return None
    if path in ALIASES:
        return ALIASES[path]
    return f"{PACKAGE}.{path}" if package == OLD_PACKAGE else None


_own_specs: dict[str, ModuleSpec | None] = {}
"""The spec of each target as it was before its first alias; two aliases may be loaded at once."""


class _AliasLoader(Loader):
    """Loads an alias by importing its target."""

    def __init__(self, target: str) -> None:
        self._target = target

    def create_module(self, spec: ModuleSpec) -> ModuleType:
        module = importlib.import_module(self._target)
        _own_specs.setdefault(self._target, module.__spec__)
        spec.submodule_search_locations = getattr(module, "__path__", None)  # a plain module stays one
        return module

    def exec_module(self, module: ModuleType) -> None:
        module.__spec__ = _own_specs[self._target]  # the import system has just put the alias's there


class _AliasFinder(MetaPathFinder):
    """Answers for old paths. It must come before the path finder, which would load the same file a second time."""

    def find_spec(
        self, fullname: str, path: Sequence[str] | None, target: ModuleType | None = None
    ) -> ModuleSpec | None:
        module = _target_of(fullname)
        if module is None:
            return None
        try:
            importlib.import_module(module)
        except ModuleNotFoundError as error:
            if error.name != module:
                raise
            return None  # neither spelling has it: the import system says so, by the name that was asked for
        return ModuleSpec(fullname, _AliasLoader(module), is_package=True)


def install_finder() -> None:
    """Put the finder before all others, once."""
    if not any(type(finder).__name__ == _AliasFinder.__name__ for finder in sys.meta_path):
        sys.meta_path.insert(0, _AliasFinder())


install_finder()  # before anything else of rla is imported: another thread may ask for an old path meanwhile
