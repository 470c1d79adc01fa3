"""Old names: the only place that knows what older versions called things.

`install` lets the module paths of the original RLA (`RLA.easy_log.tester`, …) be imported under both spellings, and
attaches old names to the logger, the manager, the configuration and the archives. `modules.ALIASES` is the table to
add to when a module gets a home.
"""

from __future__ import annotations

import importlib
import sys
from typing import Any, Final

from rla.compat import finder  # isort: skip  # first of all: it answers for old paths from here on
from rla.compat import const, logger_names, manager_names
from rla.compat.modules import ALIASES
from rla.compat.stored_names import accept_stored_names

__all__ = ["constant", "install"]

_LOADED_ON_FIRST_USE: Final = {
    "ExperimentLoader": "rla.compat.exp_loader",
    "fork_log_file_fn": "rla.compat.exp_loader",
    "plot_func": "rla.compat.easy_plot.plot_func_v2",
    "update_hyper_parameters_fn": "rla.compat.exp_loader",
}


def install() -> None:
    """Answer to old names; calling it again changes nothing."""
    finder.install_finder()
    logger_names.attach()
    manager_names.attach()
    accept_stored_names()
    sys.modules.setdefault(finder.OLD_PACKAGE, sys.modules[finder.PACKAGE])


def constant(name: str) -> Any:
    """Return a constant of the original's `const` modules, a function of its package, or one of its modules.

    Raises:
        AttributeError: there is none of that name.
    """
    if name in const.__all__:
        return getattr(const, name)
    if name in _LOADED_ON_FIRST_USE:
        return getattr(importlib.import_module(_LOADED_ON_FIRST_USE[name]), name)
    if name in ALIASES:
        return importlib.import_module(ALIASES[name])
    raise AttributeError(f"module 'rla' has no attribute {name!r}")
