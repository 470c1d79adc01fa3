"""How long the trash keeps what an operation took out: as its caller said, else as the configuration says."""

from __future__ import annotations

import json
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from rla.batch import apply, choose, empty_trash, plan_archive, plan_deletion, trash_of
from rla.batch.operation import Operation
from rla.batch.trash import bytes_in_trash, expired, kept_until, leftovers, number_in_trash

DAY = 86_400.0

Whole = Callable[..., Path]


def delete(data_root: Path, pattern: str, days: float | None) -> Operation:
    """Delete experiments, and let it be a hundred days ago."""
    number = apply(plan_deletion(choose(data_root, "demo", pattern)), days=days).operation
    path = data_root / ".rla" / "operations" / f"{number}.json"
    moment = time.time() - 100 * DAY
    path.write_text(json.dumps({**json.loads(path.read_text()), "started": moment, "ended": moment}))
    return next(operation for operation in trash_of(data_root) if operation.id == number)


@pytest.mark.parametrize(
    ("days", "configured", "kept"),
    [(None, 14, 14), (None, 200, 200), (None, 0, None), (90, 14, 90), (200, 14, 200), (0, 14, None), (0.5, 0, 0.5)],
)
def test_what_the_caller_said_counts_before_the_configuration(
    data_root: Path, whole: Whole, days: float | None, configured: int, kept: float | None
) -> None:
    whole("13-05-01-000001", lr=0.1)
    operation = delete(data_root, "*", days)
    (data_root / "rla_config.yaml").write_text(f"TRASH_DAYS: {configured}\n")
    assert operation.ended is not None
    assert kept_until(operation) == (None if kept is None else operation.ended + kept * DAY)
    is_expired = kept is not None and kept < 100
    assert [each.id for each in expired(data_root, None)] == [operation.id] * is_expired
    assert empty_trash(data_root, None).operations == int(is_expired)
    assert len(trash_of(data_root)) == int(not is_expired)


def test_each_deletion_empties_only_what_was_kept_as_long_as_was_said(data_root: Path, whole: Whole) -> None:
    for number in (1, 2, 3):
        whole(f"13-05-0{number}-000001", lr=number / 10)
    long, short = delete(data_root, "**lr=0.1*", 365), delete(data_root, "**lr=0.2*", 7)
    outcome = apply(plan_deletion(choose(data_root, "demo", "*")), days=1)
    assert outcome.freed > 0
    assert [operation.id for operation in trash_of(data_root)] == [long.id, outcome.operation]
    assert not short.trash.exists()


def test_what_is_in_the_trash_is_counted_by_what_lies_there(data_root: Path, whole: Whole) -> None:
    logs = [whole(f"13-05-0{number}-000001", lr=number / 10) for number in (1, 2)]
    apply(plan_archive(choose(data_root, "demo", "*")))
    (logs[0] / "progress.csv").write_text("loss\n1\n")
    (logs[0] / "earlier").write_bytes(bytes(5000))
    apply(plan_archive(choose(data_root, "demo", "*")))
    (replaced,) = trash_of(data_root)
    assert number_in_trash(replaced) == 1
    assert 0 < bytes_in_trash(replaced) < 5000
    deleted = delete(data_root, "*", None)
    assert number_in_trash(deleted) == 2
    assert bytes_in_trash(deleted) > 5000


def test_what_an_earlier_attempt_left_goes_the_next_time(data_root: Path, whole: Whole) -> None:
    whole("13-05-01-000001", lr=0.1)
    operation = delete(data_root, "*", 0)
    left = operation.trash.with_name(f".emptying-{operation.id}")
    operation.trash.rename(left)
    assert leftovers(data_root) == [left]
    assert empty_trash(data_root, None).freed > 0
    assert leftovers(data_root) == []
