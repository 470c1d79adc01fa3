"""`rla history` draws the tree of the experiments that were forked from one another."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from rla.database.query import find_one
from rla.query.lineage import Relative, family_of

History = Callable[..., str]

PRETRAINED = "2026/11/20/13-05-01-000001_10.0.0.1"
TUNED = "2026/11/20/13-05-02-000001_10.0.0.1"


@pytest.fixture
def history(rla: Callable[..., Any], data_root: Path) -> History:
    """What `rla history` shows of a run."""
    return lambda *arguments: str(rla("history", *arguments, "--root", data_root).out)


@pytest.fixture
def family(experiment: Callable[..., Path]) -> None:
    """An experiment that two others were forked from, and a third one from the first of these."""
    experiment("13-05-01-000001", task="pretrain", lr=0.1)
    name = f"pretrain/{PRETRAINED}_&lr=0.1"
    experiment("13-05-02-000001", lr=0.2, card={"parent": PRETRAINED, "fork": {"name": name, "step": 80}})
    experiment("13-05-03-000001", lr=0.3, card={"parent": PRETRAINED, "fork": {"name": name, "step": 50}})
    experiment("13-05-04-000001", lr=0.4, status="dead", card={"parent": TUNED})


def test_the_tree_of_any_of_them_is_the_same(family: None, history: History) -> None:
    shown = [history(run).split("Forks:\n")[1] for run in ("lr=0.1", "lr=0.4")]
    assert shown[1].splitlines() == [
        "pretrain/2026/11/20/13-05-01-000001 lr=0.1  finished",
        "├── at 80: demo/2026/11/20/13-05-02-000001 lr=0.2  finished",
        "│   └── demo/2026/11/20/13-05-04-000001 lr=0.4  dead  (this one)",
        "└── at 50: demo/2026/11/20/13-05-03-000001 lr=0.3  finished",
    ]
    assert shown[0].replace("  (this one)", "") == shown[1].replace("  (this one)", "")


def test_it_is_there_as_json(family: None, history: History) -> None:
    known = json.loads(history("lr=0.3", "--json"))["family"]
    assert (known["id"], known["status"], known["at"]) == (PRETRAINED, "finished", None)
    assert [(child["at"], len(child["children"])) for child in known["children"]] == [(80, 1), (50, 0)]


def test_show_says_where_it_was_forked(family: None, rla: Callable[..., Any], data_root: Path) -> None:
    assert f"from pretrain/{PRETRAINED}_&lr=0.1 at step 80" in rla("show", "lr=0.2", "--root", data_root).out
    assert f"from {TUNED}" in rla("show", "lr=0.4", "--root", data_root).out


def test_an_experiment_alone_has_no_tree(experiment: Callable[..., Path], history: History) -> None:
    experiment("13-05-01-000001", lr=0.1)
    assert "Forks" not in history("lr=0.1")


def test_a_parent_that_is_not_there_is_named(experiment: Callable[..., Path], history: History) -> None:
    experiment("13-05-02-000001", lr=0.2, card={"parent": PRETRAINED, "fork": {"step": 80}})
    assert f"{PRETRAINED}  not in this data root\n└── at 80: demo/" in history("lr=0.2")


def test_cards_of_a_foreign_hand_lead_into_no_circle_and_nowhere_else(
    experiment: Callable[..., Path], data_root: Path, canary: Path
) -> None:
    away = "../../canary/log/demo/2026/11/20/13-05-01-000001_10.0.0.5_&lr=0.1"
    experiment("13-05-01-000001", lr=0.1, card={"parent": TUNED, "fork": {"name": 7, "step": "x"}})
    experiment("13-05-02-000001", lr=0.2, card={"parent": PRETRAINED, "fork": {"name": "nonsense", "step": True}})
    experiment("13-05-03-000001", lr=0.3, card={"parent": PRETRAINED[:-1] + "5", "fork": {"name": away}})
    circle = family_of(find_one(data_root, "demo", "2026/11/20/13-05-01-000001"))
    assert {circle.id, *(child.id for child in circle.children)} == {PRETRAINED, TUNED}
    orphan = family_of(find_one(data_root, "demo", "2026/11/20/13-05-03-000001"))
    assert orphan.status is None
    assert names_in(orphan)[1:] == ["demo/2026/11/20/13-05-03-000001_10.0.0.1_&lr=0.3"]


def names_in(relative: Relative) -> list[str]:
    return [relative.name, *(name for child in relative.children for name in names_in(child))]
