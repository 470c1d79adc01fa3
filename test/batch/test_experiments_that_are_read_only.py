"""Who protects an experiment against writing has it archived like any other, and it is not deleted."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

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


def test_copies_are_made_replaced_and_taken_back_and_nothing_is_deleted(
    data_root: Path, experiment: Callable[..., Path], as_nobody: Callable[[str], str]
) -> None:
    log_dir = experiment("13-05-01-000001", lr=0.1)
    log_dir.chmod(0o555)
    assert as_nobody(ALL).splitlines() == [
        "delete 0 Permission denied",
        "archive 1",
        "migrate 1",
        *sorted(["0o555 arc", "0o555 log", "0o555 log"]),
        "archive 1",
        *["undo 1"] * 3,
    ]
