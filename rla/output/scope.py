"""Scopes: a block of code that records somewhere else, and leaves what was there before untouched."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from typing import Final, TypeVar

from rla.clock import TimeStepHolder
from rla.output.open_row import OpenRow

__all__ = ["ScopedRow"]

_Row = TypeVar("_Row", bound="ScopedRow")

_OWN: Final = frozenset(("clock", "name_to_value", "_mutex", "_outer", "_lent_to", "_unraised"))
"""Attributes that stay with an object when two exchange their states."""

_FILLED: Final = frozenset(("averages", "recorded_at"))
"""Dicts that others may hold: they stay too, and what is in them is exchanged."""


class ScopedRow(OpenRow):
    """An open row that can be set aside for a while, with all that a class derived from this one keeps beside it.

    The object stays the same, so functions that are bound to it record into the scope.

    Args:
        clock: the holder of the time step.
    """

    def __init__(self, clock: TimeStepHolder) -> None:
        super().__init__(clock)
        self._outer: ScopedRow | None = None  # keeps what the innermost scope has set aside
        self._lent_to: ScopedRow | None = None  # who records with what was this one's
        self._unraised: str | None = None

    @contextlib.contextmanager
    def scope(self: _Row, inner: _Row) -> Iterator[None]:
        """Let a block record as another object of the class would; afterwards that one is closed, and all is as before.

        Each moment belongs to the one or the other, so that no row of another thread gets lost between them.

        Args:
            inner: it is in use nowhere else; meanwhile it keeps what is set aside.
        """
        inner._outer, self._outer, inner._lent_to = self._outer, inner, self
        self._exchange_with(inner)
        try:
            yield
        finally:
            if self._outer is inner:  # else `close_all` has ended the scope
                self._exchange_with(inner)
                self._outer = inner._outer
            inner.close()

    def close_all(self) -> None:
        """Close this recording, and those that scopes have set aside: these scopes are ended."""
        self.close()
        while (inner := self._outer) is not None:
            self._exchange_with(inner)
            self._outer = inner._outer
            self.close()

    def _exchange_with(self, other: ScopedRow) -> None:
        with self._mutex:
            for name in vars(other).keys() - _OWN:
                mine, its = getattr(self, name), getattr(other, name)
                if name in _FILLED:
                    content = mine.copy()
                    for memory, new in ((mine, its), (its, content)):
                        memory.clear()
                        memory.update(new)
                else:
                    setattr(self, name, its)
                    setattr(other, name, mine)

    def close(self) -> None:
        """End the recording."""
