"""What event files say when a run was resumed: from which step on the earlier events are void.

TensorBoard hides the events of earlier files from the step of a session's start on. It is told before the first thing
that is recorded anew, and not before: a resume after which nothing was recorded hides nothing.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace

from rla.output.event_reader import event_of
from rla.output.events import whole_step
from rla.output.records import Event, Record, Row
from rla.output.resumes import Resume

__all__ = ["Restart", "valid_until"]


@dataclass(frozen=True)
class Restart:
    """What is to be told of a run that was resumed, until its first row has come.

    Attributes:
        valid_until: the last step that is valid still.
        told: from which step on events were said to be void; None when nothing was said yet.
    """

    valid_until: int
    told: int | None = None

    def before(self, record: Record) -> tuple[int | None, Restart | None]:
        """Return from which step on earlier events are void, when that must be said before a record.

        The step that the run goes on from may be recorded again: then its first record is void, too.

        Returns:
            The step, or None when nothing must be said; and what is left to be told, or None when that was all.
        """
        if isinstance(record, Row):
            first = whole_step(record.step) if math.isfinite(record.step) else self._next
            return self._unless_told(min(first, self._next)), None
        if not isinstance(record, Event):
            return None, self
        again = event_of(record.encoded).step == self.valid_until
        void = self._unless_told(self.valid_until if again else self._next)
        return void, self if void is None else replace(self, told=void)

    @property
    def _next(self) -> int:
        return whole_step(self.valid_until + 1)

    def _unless_told(self, void: int) -> int | None:
        return void if self.told is None or void < self.told else None


def valid_until(resumes: Sequence[Resume]) -> int | float:
    """Return the last step of what event files show that is valid still when the last segment begins.

    They hide what is void step by step, and cannot show it again. So where the run goes back to a segment that was left
    before, what has hidden it until now is hidden in turn, and the stretch between is empty there.

    Args:
        resumes: of the run, at least one.
    """
    bounds = [each.rows for each in resumes]
    steps = [resumes[-1].step]
    segment = resumes[-1].after
    while segment and bounds[segment - 1] == bounds[segment]:  # it recorded nothing, so it hid nothing
        steps.append(resumes[segment - 1].step)
        segment = resumes[segment - 1].after
    shown = [each for each in range(segment + 1, len(resumes)) if bounds[each - 1] < bounds[each]]
    return min(*steps, *(resumes[each - 1].step for each in shown), math.inf)
