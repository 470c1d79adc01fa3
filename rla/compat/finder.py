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


class _AliasLoader(Loader):
    """Loads an alias by importing its target."""

    def __init__(self, target: str) -> None:
        self._target = target
        self._own_spec: ModuleSpec | None = None

    def create_module(self, spec: ModuleSpec) -> ModuleType:
        module = importlib.import_module(self._target)
        self._own_spec = module.__spec__
        return module

    def exec_module(self, module: ModuleType) -> None:
        module.__spec__ = self._own_spec  # the import system has just put the alias's there


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
    sys.modules.setdefault(OLD_PACKAGE, sys.modules[PACKAGE])
