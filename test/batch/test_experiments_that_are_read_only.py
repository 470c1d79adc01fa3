"""Who protects an experiment against writing has it archived like any other, and it is not deleted."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

ALL = """
import sys
from pathlib import Path
from rla.batch import apply, choose, plan_archive, plan_deletion, plan_migration, plan_undo
from rla.batch.undo import find_operation
root = sys.argv[1]

def do(plan):
    outcome = apply(plan)
    print(outcome.kind, len(outcome.done), *(failure.reason for failure in outcome.failed))

do(plan_deletion(choose(root, "demo", "*")))
do(plan_archive(choose(root, "demo", "*")))
do(plan_migration(choose(root, "demo", "*"), "paper"))
for folder in sorted(Path(root).rglob("*lr=0.1")):
    print(oct(folder.stat().st_mode & 0o777), folder.relative_to(root).parts[0])
Path(root, "log/demo/2026/11/20").joinpath("13-05-01-000001_10.0.0.1_&lr=0.1/progress.csv").write_text("loss\\n1\\n")
do(plan_archive(choose(root, "demo", "*")))
for _ in range(3):
    do(plan_undo(find_operation(root)))
"""


DELETE_TWICE = """
import os, sys
from rla.batch import apply, choose, empty_trash, plan_deletion, plan_undo
from rla.batch.undo import find_operation
root = sys.argv[1]
for is_last in (False, True):
    outcome = apply(plan_deletion(choose(root, "demo", "*")))
    assert (len(outcome.done), outcome.failed) == (1, []), outcome
    if not is_last:
        assert len(apply(plan_undo(find_operation(root))).done) == 1
print(empty_trash(root).problems, os.listdir(f"{root}/.rla/trash"))
"""


@pytest.fixture
def data_root(open_place: Path) -> Path:
    """A data root that another user can come into."""
    return open_place / "data"


def test_copies_are_made_replaced_and_taken_back_and_nothing_is_deleted(
    data_root: Path, experiment: Callable[..., Path], as_owner: Callable[[str], str]
) -> None:
    log_dir = experiment("13-05-01-000001", lr=0.1)
    log_dir.chmod(0o555)
    assert as_owner(ALL).splitlines() == [
        "delete 0 Permission denied",
        "archive 1",
        "migrate 1",
        *sorted(["0o555 arc", "0o555 log", "0o555 log"]),
        "archive 1",
        *["undo 1"] * 3,
    ]


def test_folders_in_them_that_are_read_only_leave_the_trash(
    data_root: Path, whole: Callable[..., Path], as_owner: Callable[[str], str]
) -> None:
    log_dir = whole("13-05-01-000001", lr=0.1)
    (log_dir / "closed" / "deeper").mkdir(parents=True)
    (log_dir / "closed" / "deeper" / "file").write_text("x")
    for folder in (log_dir / "closed" / "deeper", log_dir / "closed"):
        folder.chmod(0o500)
    assert as_owner(DELETE_TWICE) == "() []\n"
