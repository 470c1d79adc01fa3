"""A pattern is refused, or means exactly what it says: nothing outside of its task or of the data root."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from rla.batch import Plan, apply, choose, plan_archive, plan_deletion, plan_migration, plan_undo
from rla.batch.undo import find_operation
from rla.errors import InvalidNameError, QueryError

Picture = Callable[..., dict[str, tuple[object, ...]]]

FIRST = "2026/11/20/13-05-01-000001_10.0.0.1_&lr=0.1"
LONGER = f"{FIRST}1"
THIRD = "2026/11/20/13-05-03-000001_10.0.0.1_&lr=0.2"
LAST = "2026/12/01/13-05-04-000001_10.0.0.1_&lr=0.3"
LINK = "2026/11/20/13-05-09-000001_10.0.0.1_&lr=link"
ALL = {FIRST, LONGER, THIRD, LAST, LINK}

REFUSED = [
    *("", None, " ", ".", "./", "/", "..", "../", "../*", "../demo2/*", "2026/../../demo2/*", "/abs", "/*", "//*", "~"),
    *("~/*", "~root/*", "2026/11/20/..", "2026/11/20/../../../../../../canary/*", "re:", "re: ", "re:(", b"*"),
    *(["*"], 7, Path("2026")),
]

NOTHING = [
    *(
        f"{FIRST}\n",
        f"{FIRST}\0",
        FIRST[:-1],
        "*\n",
        "[",
        "]",
        "[*]",
        "?",
        "*/*/*/*/*",
        "demo/*",
        "$HOME",
        "{2026,2025}/*",
    ),
    *("re:^/", "re:\\.\\.", "re:canary", "2026/11/20/%2e%2e/*", "2026\\..\\.."),
]

EXACT = {
    "*": ALL,
    "**": ALL,
    "re:.": ALL,
    "2026": ALL,
    "2026/*": ALL,
    "2026/11/20/": ALL - {LAST},
    FIRST: {FIRST},  # and not the one whose name begins with this
    f"{FIRST}*": {FIRST, LONGER},
    "202[6]/1[2]/*": {LAST},
    "2026/11/20/*&lr=0.1": {FIRST},
    "re:lr=0\\.1$": {FIRST},
}

BEHIND = {"*", "**", "re:.", "2026", "2026/*", "re:lr=0\\.1$"}
"""They mean what lies behind the date folder that is a link, too; it is refused."""

OPERATIONS: dict[str, Callable[..., Plan]] = {
    "delete": plan_deletion,
    "archive": plan_archive,
    "migrate": lambda chosen: plan_migration(chosen, "target"),
}


def test_a_pattern_that_names_nothing_or_leads_elsewhere_is_refused(crowded_root: Path, picture_of: Picture) -> None:
    before = picture_of(crowded_root.parent)
    for pattern in REFUSED:
        with pytest.raises(QueryError):
            plan_deletion(choose(crowded_root, "demo", pattern))  # type: ignore[arg-type]
    assert picture_of(crowded_root.parent) == before


def test_a_pattern_of_no_experiment_takes_none(crowded_root: Path) -> None:
    for pattern in NOTHING:
        assert (pattern, plan_deletion(choose(crowded_root, "demo", pattern)).items) == (pattern, [])


def test_a_task_that_leads_elsewhere_is_refused(crowded_root: Path) -> None:
    for task in ("", " ", ".", "..", "../demo", "/demo", "~", "demo/../dem", "demo\n", "demo\0", "demo/2026", b"demo"):
        with pytest.raises(InvalidNameError):
            choose(crowded_root, task, "*")  # type: ignore[arg-type]


def test_a_task_is_a_name_and_no_pattern(crowded_root: Path) -> None:
    for task in ("*", "dem?", "[d]emo", "log", "2026", "demo_"):
        with pytest.raises(QueryError, match="There is no task"):
            len(choose(crowded_root, task, "*"))


@pytest.mark.parametrize("pattern", EXACT, ids=repr)
def test_a_deletion_takes_exactly_what_the_pattern_says_and_undo_brings_it_back(
    pattern: str, crowded_root: Path, canary: Path, picture_of: Picture
) -> None:
    outside, files = picture_of(canary), picture_of(crowded_root, only_files=True)
    others = {task: picture_of(crowded_root / "log" / task) for task in ("dem", "demo2", "demo_old")}
    plan = plan_deletion(choose(crowded_root, "demo", pattern))
    assert [refusal.name.rpartition("/")[0] for refusal in plan.refused] == ["demo/2026/11/21"] * (pattern in BEHIND)
    assert {item.name.removeprefix("demo/") for item in plan.items} == EXACT[pattern]
    outcome = apply(plan)
    assert {entry.full_name.removeprefix("demo/") for entry in outcome.done} == EXACT[pattern]
    assert not outcome.failed
    gone = {name for name in files if name not in picture_of(crowded_root, only_files=True)}
    assert gone == {name for name in files if any(f"/demo/{each}/" in f"{name}/" for each in EXACT[pattern])}
    assert picture_of(canary) == outside
    assert {task: picture_of(crowded_root / "log" / task) for task in others} == others
    apply(plan_undo(find_operation(crowded_root)))
    assert picture_of(crowded_root, only_files=True) == files
    assert picture_of(canary) == outside


@pytest.mark.parametrize("operation", ["archive", "migrate"])
def test_copies_leave_everything_that_was_there_as_it_was(
    operation: str, crowded_root: Path, canary: Path, picture_of: Picture
) -> None:
    outside, files = picture_of(canary), picture_of(crowded_root, only_files=True)
    outcome = apply(OPERATIONS[operation](choose(crowded_root, "demo", "*")))
    assert len(outcome.done) == len(ALL) + 1  # reading through a link of a date folder harms nobody
    after = picture_of(crowded_root, only_files=True)
    assert {name: after.get(name) for name in files} == files
    assert picture_of(canary) == outside
    apply(plan_undo(find_operation(crowded_root)))
    assert picture_of(crowded_root, only_files=True) == files
    assert picture_of(canary) == outside
