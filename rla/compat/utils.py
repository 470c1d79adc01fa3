"""The package `RLA.utils`."""

from __future__ import annotations

from typing import Any

from rla.compat.modules import submodule

__path__: list[str] = []  # makes it a package for the import system; the finder knows what is inside


def __getattr__(name: str) -> Any:
    return submodule("utils", name)
