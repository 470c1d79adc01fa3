"""Old names: the only place that knows what older versions called things.

`install` lets the module paths of the original RLA (`RLA.easy_log.tester`, …) be imported under both spellings, and
attaches old names to the logger, the manager, the configuration and the archives. `modules.ALIASES` is the table to
add to when a module gets a home.
"""

from __future__ import annotations

from typing import Any

from rla.compat import const, logger_names, manager_names
from rla.compat.finder import install_finder
from rla.compat.stored_names import accept_stored_names

__all__ = ["constant", "install"]


def install() -> None:
    """Answer to old names; calling it again changes nothing."""
    install_finder()
    logger_names.attach()
    manager_names.attach()
    accept_stored_names()


def constant(name: str) -> Any:
    """Return a constant of the original's `const` modules.

    Raises:
        AttributeError: there is none of that name.
    """
    if name in const.__all__:
        return getattr(const, name)
    raise AttributeError(f"module 'rla' has no attribute {name!r}")
