"""The open row: what was recorded since the last dump, with means, moving averages and frequencies."""

from __future__ import annotations

import threading
from collections.abc import Iterable, Iterator, Mapping, MutableMapping, Sequence
from typing import Any, Final

from rla.clock import TimeStepHolder
from rla.errors import did_you_mean
from rla.output.moving_average import MovingAverage
from rla.output.registry import format_names, is_format
from rla.output.values import as_number

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
        name_to_value: the values, by key: a mapping that shows whatever row is open.
        averages: the windows of `ma_record_tabular`, by key.
        recorded_at: the time step at which a key with a ``freq`` was last recorded, by key.
    """

    def __init__(self, clock: TimeStepHolder) -> None:
        self.clock = clock
        self.name_to_value = OpenValues(self)
        self._values: dict[str, Any] = {}
        self._excluded: dict[str, frozenset[str]] = {}
        self._exclusions: dict[str | tuple[str, ...], frozenset[str]] = {}  # what callers pass, checked
        self.recorded_at: dict[str, int | float] = {}
        self._media: dict[str, Any] = {}
        self._means: dict[str, tuple[float, int]] = {}
        self.averages: dict[str, MovingAverage] = {}
        self._mutex = threading.RLock()  # reentrant: a signal handler may record while its thread is in here

    def now(self) -> int | float:
        """Return the time step as a number, whatever it was set to."""
        step = self.clock.time
        return step if type(step) is int or type(step) is float else as_number(step)

    def reset(self) -> None:
        """Forget the values, the moving averages and what ``freq`` has counted."""
        with self._mutex:
            for memory in (
                self._values,
                self._excluded,
                self._exclusions,
                self._media,
                self.recorded_at,
                self._means,
                self.averages,
            ):
                memory.clear()

    def take(self) -> tuple[dict[str, Any], dict[str, frozenset[str]]]:
        """Take the values out, and the formats that shall not get them, both by key.

        What another thread or a signal handler records meanwhile is in this row or in the next: it loads the dict and
        stores into it without giving up the interpreter in between, as this does with exchanging it.
        """
        row, self._values = self._values, {}
        if self._means:
            self._means.clear()
        if not self._excluded:
            return row, {}
        excluded, self._excluded = self._excluded, {}
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
        if freq is not None and not self.is_due(key, freq):
            return
        if exclude is None and (not self._excluded or key not in self._excluded):
            self._values[key] = val
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
            self._values[key] = val

    def is_due(self, key: str, freq: int) -> bool:
        """Say whether a key has not been recorded for ``freq`` time steps; if so, it counts as recorded now."""
        now = self.clock.time
        if type(now) is not int:
            now = self.now()
        last = self.recorded_at.get(key)
        if last is not None and 0 <= now - last < freq:  # time that went back, after a resume, silences nothing
            return False
        self.recorded_at[key] = now
        return True

    def _formats(self, exclude: str | Iterable[str]) -> frozenset[str]:
        if isinstance(exclude, (str, tuple)) and (known := self._exclusions.get(exclude)) is not None:
            return known
        names = frozenset((exclude,) if isinstance(exclude, str) else exclude)
        for name in names:
            if not is_format(name):
                hint = did_you_mean(str(name), format_names())
                self._warn_once(f"exclude {name!r}", f"exclude={name!r} names no output format.{hint}")
        if isinstance(exclude, (str, tuple)):
            self._exclusions[exclude] = names
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
            average = self.averages.get(key)
            if average is None or average.values.maxlen != record_len:
                average = self.averages[key] = MovingAverage(record_len)
            average.add(number)
            if average.full:
                self.record_tabular(key, average.mean, exclude, freq)

    def record_sum(self, key: str, val: float, exclude: Exclude = None) -> None:
        """Add to the value of a key; a dump begins anew at 0.

        Args:
            key: its name.
            val: a number.
            exclude: formats that shall not get it.
        """
        with self._mutex:
            self.record_tabular(key, self._values.get(key, 0.0) + val, exclude)

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


class OpenValues(MutableMapping[str, Any]):
    """The values of whatever row is open, as Stable-Baselines3 offers them; a dump goes on to another row.

    Args:
        row: whose values they are.
    """

    def __init__(self, row: OpenRow) -> None:
        self._row = row

    def __getitem__(self, key: str) -> Any:
        return self._row._values[key]

    def __setitem__(self, key: str, value: Any) -> None:
        self._row._values[key] = value

    def __delitem__(self, key: str) -> None:
        del self._row._values[key]

    def __iter__(self) -> Iterator[str]:
        return iter(self._row._values)

    def __len__(self) -> int:
        return len(self._row._values)

    def __repr__(self) -> str:
        return repr(self._row._values)


def _is_media(value: Any, excluded: frozenset[str]) -> bool:
    """Say whether a value is for TensorBoard alone: an object of Stable-Baselines3, or what no row is to get."""
    if "tensorboard" in excluded:
        return False
    if type(value).__module__ == _MEDIA_MODULE:
        return True
    return excluded >= _ROW_FORMATS and (isinstance(value, str) or len(getattr(value, "shape", ())) > 0)
