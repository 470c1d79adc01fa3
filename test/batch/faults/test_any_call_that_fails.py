"""Whichever call of the system fails: that experiment stays as it was, and is told of with the reason."""

from __future__ import annotations

import errno
import os
import random
from collections.abc import Callable
from typing import Any

import pytest

from rla.errors import DataRootError

EMPTYING = "empty the trash"
KINDS = (errno.ENOSPC, errno.EIO, errno.EROFS, errno.EACCES, errno.EDQUOT)


def once(kind: int) -> Callable[[int], None]:
    """Return what lets one call fail."""

    def fail(since: int) -> None:
        if not since:
            raise OSError(kind, os.strerror(kind))

    return fail


def from_now_on(kind: int) -> Callable[[int], None]:
    """Return what lets all calls fail, as on a disk that has become read-only."""

    def fail(since: int) -> None:
        raise OSError(kind, os.strerror(kind))

    return fail


def check_one(case: Any, nth: int, disturb: Any, check: Any) -> None:
    kind = KINDS[nth % len(KINDS)]
    outcome, error = disturb.disturb(case, nth, once(kind))
    assert (
        error is None
        or isinstance(error, DataRootError)
        or (case.name.startswith("empty") and isinstance(error, OSError))
    ), repr(error)
    check.after_a_failure(case, outcome, error)
    if outcome is not None and getattr(outcome, "failed", ()):
        (failed,) = outcome.failed
        assert failed.reason == os.strerror(kind)


def check_all(case: Any, nth: int, disturb: Any, check: Any) -> None:
    outcome, error = disturb.disturb(case, nth, from_now_on(errno.EROFS))
    if outcome is None:
        assert isinstance(error, OSError)
        assert os.strerror(errno.EROFS) in str(error)
    check.after_a_failure(case, outcome, error)


@pytest.mark.parametrize("check_it", [check_one, check_all], ids=["one_call", "all_calls_from_there_on"])
def test_a_call_that_fails(lab: Any, case: Any, check_it: Callable[..., None], disturb: Any, check: Any) -> None:
    calls = len(disturb.calls(case))
    for nth in random.Random(case.name).sample(range(1, calls + 1), 2):
        check_it(case, nth, disturb, check)


@pytest.mark.fault
def test_whichever_call_fails(lab: Any, case: Any, disturb: Any, check: Any) -> None:
    for nth in range(1, len(disturb.calls(case)) + 1, 7 if case.elsewhere else 1):
        check_one(case, nth, disturb, check)


@pytest.mark.fault
def test_from_whichever_call_on_all_fail(lab: Any, case: Any, disturb: Any, check: Any) -> None:
    for nth in range(1, len(disturb.calls(case)) + 1, 19 if case.elsewhere else 5):
        check_all(case, nth, disturb, check)
