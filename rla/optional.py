"""Packages that only some users need: imported on first use; one fixed sentence says when they are missing."""

from __future__ import annotations

import importlib
import re
from types import ModuleType

from rla.errors import MissingPackageError

__all__ = ["release_numbers", "require"]


def require(module: str, extra: str, minimum: str = "") -> ModuleType:
    """Import an optional package.

    Args:
        module: dotted name of the module, e.g. ``"tensorboardX"``.
        extra: the extra of the distribution that installs it, e.g. ``"torch"``.
        minimum: the oldest version that will do, e.g. ``"2.6"``; any version when empty.

    Raises:
        MissingPackageError: the package is not installed, or older; the message names the extra.
    """
    package = module.partition(".")[0]
    try:
        found = importlib.import_module(module)
    except ModuleNotFoundError as error:
        if error.name is not None and error.name.partition(".")[0] != package:
            raise  # the package is there, and broken: its own message says more than ours
        raise MissingPackageError(package, extra, minimum) from error
    if minimum:
        version = _version_of(package)
        numbers = release_numbers(version)
        if numbers and numbers < release_numbers(minimum):  # a package that tells no version is believed
            raise MissingPackageError(package, extra, minimum, version)
    return found


def _version_of(package: str) -> str:
    """Return the version that a package tells, else that of the distribution of its name; empty where there is none."""
    told = getattr(importlib.import_module(package), "__version__", None)
    if isinstance(told, str):
        return told
    from importlib.metadata import PackageNotFoundError, version

    try:
        return version(package)
    except PackageNotFoundError:
        return ""


def release_numbers(version: str) -> tuple[int, ...]:
    """Return the release of a version (PEP 440) as numbers that compare: ``2.13.0+cpu`` is (2, 13)."""
    match = re.match(r"v?(\d+(?:\.\d+)*)", version)
    numbers = [int(number) for number in match[1].split(".")] if match else []
    while numbers and numbers[-1] == 0:
        numbers.pop()
    return tuple(numbers)
