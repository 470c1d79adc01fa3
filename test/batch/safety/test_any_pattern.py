"""Whatever the pattern: other tasks, and what lies beside the data root, stay as they are, and undo brings all back."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from rla.batch import apply, choose, plan_archive, plan_deletion, plan_migration, plan_undo
from rla.batch.plan import Plan
from rla.batch.undo import find_operation
from rla.errors import QueryError

Picture = Callable[..., dict[str, tuple[object, ...]]]

SIGNS = [
    "*",
    "**",
    "?",
    "..",
    ".",
    "/",
    "~",
    "[",
    "]",
    "[!a]",
    "\n",
    "\x00",
    "\\",
    "re:",
    ".*",
    "(",
    "|",
    "$",
    "^",
    "{",
]
NAMES = ["demo", "dem", "demo2", "canary", "log", "2026", "11", "20", "21", "13-05-01", "lr=0.1", "lr=link", "&"]
OPERATIONS: tuple[Callable[..., Plan], ...] = (
    plan_deletion,
    plan_archive,
    lambda chosen: plan_migration(chosen, "target"),
)

patterns = st.one_of(st.text(), st.lists(st.sampled_from(SIGNS + NAMES), max_size=8).map("".join))


@settings(
    max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow]
)
@given(patterns, st.sampled_from(OPERATIONS))
@example("../../canary/log/demo/*", plan_deletion)
@example("*", plan_deletion)
@example("re:.*", plan_deletion)
@example("2026/11/2?/*", plan_archive)
def test_whatever_the_pattern_nothing_else_is_touched(
    crowded_root: Path, canary: Path, picture_of: Picture, pattern: str, operation: Callable[..., Plan]
) -> None:
    outside, files = picture_of(canary), picture_of(crowded_root, only_files=True)
    others = {task: picture_of(crowded_root / "log" / task) for task in ("dem", "demo2", "demo_old")}
    try:
        plan = operation(choose(crowded_root, "demo", pattern))
    except QueryError:
        return
    outcome = apply(plan)
    assert not outcome.failed
    assert {item.place.task for item in plan.items} <= {"demo"}
    after = picture_of(crowded_root, only_files=True)
    assert {name for name in files.keys() - after.keys() if name.split("/")[1] != "demo"} == set()
    assert picture_of(canary) == outside
    assert {task: picture_of(crowded_root / "log" / task) for task in others} == others
    if outcome.operation is not None:
        assert not apply(plan_undo(find_operation(crowded_root, outcome.operation))).failed
    assert picture_of(crowded_root, only_files=True) == files
    assert picture_of(canary) == outside
