"""`kill -9` in the middle of a batch operation: nothing is lost, and asking again finishes what was begun.

A small version of `test_kill_9_at_each_system_call`: the process kills itself before its n-th call, for some n.
"""

from __future__ import annotations

import random
from typing import Any

import pytest

KILLS = 6


def test_a_kill_before_any_call(lab: Any, case: Any, disturb: Any, check: Any) -> None:
    calls = disturb.calls(case)
    renames = [number for number, name in enumerate(calls, start=1) if name == "replace"]
    sample = random.Random(case.name)
    for nth in sample.sample(range(1, len(calls) + 1), KILLS // 2) + sample.sample(
        renames[1:], min(KILLS // 2, len(renames) - 1)
    ):
        assert disturb.kill(case, nth)
        check.after_a_kill(case)


@pytest.mark.parametrize("case", ["archive", "undo an archive"], indirect=True)
def test_a_kill_in_the_middle_of_a_line(lab: Any, case: Any, disturb: Any, check: Any) -> None:
    writes = [number for number, name in enumerate(disturb.calls(case), start=1) if name == "write"]
    assert len(writes) > 4, "the record twice, and what the journal notes"
    for nth in writes:
        assert disturb.kill(case, nth, torn=True)
        check.after_a_kill(case)
