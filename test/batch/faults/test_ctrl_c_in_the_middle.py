"""Ctrl-C in the middle of a batch operation: the experiment on its way arrives, and the record says which did."""

from __future__ import annotations

import random
import signal
from collections.abc import Callable
from typing import Any

import pytest

from rla.batch import plan_undo
from rla.batch.applying import apply
from rla.batch.operations import Operations
from rla.batch.record import UNDO


def press(since: int) -> None:
    """Press Ctrl-C, once."""
    if not since:
        signal.raise_signal(signal.SIGINT)


def press_again_and_again(since: int) -> None:
    """Press it at the first calls that follow, too: nobody waits for the end then."""
    if since < 3:
        signal.raise_signal(signal.SIGINT)


@pytest.fixture(autouse=True)
def python_raises_on_ctrl_c() -> Any:
    """Let SIGINT raise KeyboardInterrupt, as in a program that runs on a terminal."""
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    yield
    signal.signal(signal.SIGINT, before)


def check_at(nth: int, press_it: Callable[[int], None], lab: Any, case: Any, disturb: Any, check: Any) -> None:
    outcome, error = disturb.disturb(case, nth, press_it)
    assert outcome is not None or isinstance(error, KeyboardInterrupt)
    known = lab.known_operations(case)
    new = [each for each in Operations(lab.root(case)).all() if each.id not in known]
    if outcome is not None and not case.name.startswith("empty"):
        assert outcome.interrupted
        assert sum(len(each.entries) for each in new) == len(outcome.done)
    check.after_a_failure(case, outcome, error)


def test_ctrl_c(lab: Any, case: Any, disturb: Any, check: Any) -> None:
    first, second = random.Random(case.name).sample(range(1, len(disturb.calls(case)) + 1), 2)
    check_at(first, press, lab, case, disturb, check)
    check_at(second, press_again_and_again, lab, case, disturb, check)


@pytest.mark.fault
@pytest.mark.parametrize("press_it", [press, press_again_and_again], ids=["once", "three_times"])
def test_ctrl_c_at_every_fourth_call(
    lab: Any, case: Any, press_it: Callable[[int], None], disturb: Any, check: Any
) -> None:
    for nth in range(1, len(disturb.calls(case)) + 1, 31 if case.elsewhere else 4):
        check_at(nth, press_it, lab, case, disturb, check)


@pytest.mark.parametrize("case", ["delete"], indirect=True)
def test_what_was_moved_before_ctrl_c_can_be_taken_back(lab: Any, case: Any, disturb: Any) -> None:
    calls = disturb.calls(case)
    renames = [number for number, name in enumerate(calls, start=1) if name == "replace"]
    outcome, _ = disturb.disturb(case, renames[len(renames) // 2], press)
    assert outcome.interrupted
    assert 0 < len(outcome.done) < 3
    (operation,) = (each for each in Operations(lab.data).all() if each.kind != UNDO)
    assert operation.id == outcome.operation
    assert len(apply(plan_undo(operation)).done) == len(outcome.done)
    assert lab.layouts() == lab.begin(case).before
