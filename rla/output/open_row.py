"""The open row: what was recorded since the last dump, with means, moving averages and frequencies."""

from __future__ import annotations

import threading
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Final

from rla.clock import TimeStepHolder
from rla.errors import did_you_mean
from rla.output.codec import as_number
from rla.output.moving_average import MovingAverage
from rla.output.registry import OUTPUTS

__all__ = ["Exclude", "OpenRow"]

Exclude = str | Sequence[str] | None
"""Formats that shall not get a record: a name, several, or None."""

_MISSING: Final = object()

_MEDIA_MODULE: Final = "stable_baselines3.common.logger"
_ROW_FORMATS: Final = frozenset(("csv", "log", "stdout"))


class OpenRow:
    """Collects the values of one row, from any thread.

    Args:
        clock: the holder of the time step.

    Attributes:
        name_to_value: the values, by key; a dict that stays the same object.
    """

    def __init__(self, clock: TimeStepHolder) -> None:
        self.clock = clock
        self.name_to_value: dict[str, Any] = {}
        self._excluded: dict[str, frozenset[str]] = {}
        self._recorded_at: dict[str, int | float] = {}
        self._media: dict[str, Any] = {}
        self._means: dict[str, tuple[float, int]] = {}
        self._averages: dict[str, MovingAverage] = {}
        self._mutex = threading.RLock()  # reentrant: a signal handler may record while its thread is in here

    def now(self) -> int | float:
        """Return the time step as a number, whatever it was set to."""
        step = self.clock.time
        return step if type(step) in (int, float) else as_number(step)

    def reset(self) -> None:
        """Forget the values, the moving averages and what ``freq`` has counted."""
        with self._mutex:
            self.name_to_value.clear()
            for memory in (self._excluded, self._media, self._recorded_at, self._means, self._averages):
                memory.clear()

    def take(self) -> tuple[dict[str, Any], dict[str, frozenset[str]]]:
        """Take the values out, and the formats that shall not get them, both by key.

        Each value leaves on its own, so what another thread records meanwhile is in this row or in the next.
        """
        open_row = self.name_to_value
        # a signal handler may take values while its thread is in here
        row = {key: value for key in tuple(open_row) if (value := open_row.pop(key, _MISSING)) is not _MISSING}
        excluded: dict[str, frozenset[str]] = {}
        if self._excluded:
            for key in row:
                if (formats := self._excluded.pop(key, None)) is not None:
                    excluded[key] = formats
        if self._means:
            self._means.clear()
        return row, excluded

    def record_tabular(
        self, key: str, val: Any = _MISSING, exclude: Exclude = None, freq: int | None = None, *, value: Any = _MISSING
    ) -> None:
        """Set a value of the open row; the last one counts.

        Args:
            key: its name, e.g. ``"train/loss"``.
            val: a number (of Python, numpy or torch), a bool, None or a text; ``value=`` is the same.
            exclude: formats that shall not get it: ``"csv"``, or a list of names.
            freq: record only when so many time steps have passed since this key was last recorded.
        """
        if val is _MISSING:
            if value is _MISSING:
                raise TypeError(f"record_tabular({key!r}) needs a value")
            val = value
        if freq is not None and not self._is_due(key, freq):
            return
        if exclude is None and not self._excluded:
            self.name_to_value[key] = val
            return
        with self._mutex:  # the value and its exclusion belong into the same row
            if exclude is None:
                self._excluded.pop(key, None)
            else:
                formats = self._formats(exclude)
                if _is_media(val, formats):
                    self._media[key] = val
                    return
                self._excluded[key] = formats
            self.name_to_value[key] = val

    def _is_due(self, key: str, freq: int) -> bool:
        now = self.now()
        last = self._recorded_at.get(key)
        if last is not None and 0 <= now - last < freq:  # time that went back, after a resume, silences nothing
            return False
        self._recorded_at[key] = now
        return True

    def _formats(self, exclude: str | Iterable[str]) -> frozenset[str]:
        names = frozenset((exclude,) if isinstance(exclude, str) else exclude)
        for name in names:
            if name not in OUTPUTS:
                hint = did_you_mean(str(name), OUTPUTS)
                self._warn_once(f"exclude {name!r}", f"exclude={name!r} names no output format.{hint}")
        return names

    def record_mean(self, key: str, val: Any = None, exclude: Exclude = None, *, value: Any = None) -> None:
        """Average a value over all calls until the next dump; None is left out.

        Args:
            key: its name.
            val: a number; ``value=`` is the same.
            exclude: formats that shall not get it.
        """
        number = val if val is not None else value
        if number is None:
            return
        with self._mutex:
            mean, count = self._means.get(key, (0.0, 0))
            mean += (float(number) - mean) / (count + 1)
            self._means[key] = (mean, count + 1)
            self.record_tabular(key, mean, exclude)

    def ma_record_tabular(
        self,
        key: str,
        val: Any,
        record_len: int,
        ignore_nan: bool = False,
        exclude: Exclude = None,
        freq: int | None = None,
    ) -> None:
        """Record the mean of the last ``record_len`` values of a key, once there are so many.

        Args:
            key: its name.
            val: a number.
            record_len: length of the window, in values.
            ignore_nan: leave NaN out of the window.
            exclude: formats that shall not get it.
            freq: record only when so many time steps have passed since this key was last recorded.
        """
        number = float(val)
        if ignore_nan and number != number:
            return
        with self._mutex:
            average = self._averages.get(key)
            if average is None or average.values.maxlen != record_len:
                average = self._averages[key] = MovingAverage(record_len)
            average.add(number)
            if average.full:
                self.record_tabular(key, average.mean, exclude, freq)

    def record_all(self, values: Mapping[str, Any], prefix: str = "", exclude: Exclude = None) -> None:
        """Set several values of the open row.

        Args:
            values: values by key.
            prefix: put before each key.
            exclude: formats that shall not get them.
        """
        for key, val in values.items():
            self.record_tabular(f"{prefix}{key}", val, exclude)

    def _warn_once(self, about: str, problem: str) -> None:
        """Say once that something was left out; whoever has a place for warnings overrides this."""


def _is_media(value: Any, excluded: frozenset[str]) -> bool:
    """Say whether a value is for TensorBoard alone: an object of Stable-Baselines3, or what no row is to get."""
    if "tensorboard" in excluded:
        return False
    if type(value).__module__ == _MEDIA_MODULE:
        return True
    return excluded >= _ROW_FORMATS and (isinstance(value, str) or len(getattr(value, "shape", ())) > 0)
