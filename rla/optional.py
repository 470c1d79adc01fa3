"""Packages that only some users need: imported on first use, with one fixed sentence when they are missing."""

from __future__ import annotations

import importlib
from types import ModuleType

from rla.errors import MissingPackageError

__all__ = ["require"]


def require(module: str, extra: str) -> ModuleType:
    """Import an optional package.

    Args:
        module: dotted name of the module, e.g. ``"tensorboardX"``.
        extra: the extra of the distribution that installs it, e.g. ``"torch"``.

    Raises:
        MissingPackageError: the package is not installed; the message names the extra.
    """
    try:
        return importlib.import_module(module)
    except ModuleNotFoundError as error:
        package = module.partition(".")[0]
        if error.name is not None and error.name.partition(".")[0] != package:
            raise  # the package is there, and broken: its own message says more than ours
        raise MissingPackageError(package, extra) from error
