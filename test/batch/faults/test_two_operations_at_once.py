"""Two batch operations of one data root at the same time: they follow each other, and nothing is lost or doubled."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from rla.batch import apply
from rla.batch.operations import Operations
from rla.errors import BatchError

PROGRAM = """
import json, sys
from rla import batch, errors
from rla.batch import operations
data, *kinds = sys.argv[1:]
operations._WAIT_SECONDS = 60.0
plans = {"delete": batch.plan_deletion, "archive": batch.plan_archive}
prepared = [plans[kind](batch.choose(data, "demo", "*")) for kind in kinds]
print("ready", flush=True)
sys.stdin.read(1)
print(json.dumps([batch.apply(plan).as_dict() for plan in prepared]))
"""


@pytest.mark.parametrize("case", ["delete"], indirect=True)
def test_two_deletions_of_the_same_experiments(lab: Any, case: Any, at_once: Callable[..., Any]) -> None:
    before = lab.begin(case).before
    outcomes = [json.loads(said)[0] for _, said in at_once(PROGRAM, [[lab.data, "delete"]] * 4)]
    done = [name for outcome in outcomes for name in outcome["done"]]
    assert sorted(done) == sorted(before), "each is deleted once"
    assert sum(len(outcome["refused"]) for outcome in outcomes) == 9, "the others are told that it is gone"
    assert not any(outcome["failed"] for outcome in outcomes)
    assert {name: [*layout.values()] for name, layout in lab.layouts().items()} == {
        name: [*layout.values()] for name, layout in before.items()
    }
    assert lab.leftovers() == []


@pytest.mark.parametrize("case", ["archive"], indirect=True)
def test_a_deletion_and_archives_at_once(lab: Any, case: Any, at_once: Callable[..., Any], check: Any) -> None:
    before = lab.begin(case).before
    kinds = [["archive"], ["delete"], ["archive"]]
    outcomes = [json.loads(said)[0] for _, said in at_once(PROGRAM, [[lab.data, *kind] for kind in kinds])]
    assert sum(len(outcome["done"]) for outcome in outcomes if outcome["kind"] == "delete") == 3
    layouts = lab.layouts()
    for name, layout in before.items():
        assert layout["home"] in layouts[name].values(), f"{name} is whole in the trash"
        copy = layouts[name].get("arc")
        assert copy is None or copy.keys() == layout["home"].keys() or copy == layout.get("arc"), "never half a copy"
    assert lab.leftovers() == []


@pytest.mark.parametrize("case", ["delete"], indirect=True)
def test_who_waits_too_long_is_told_for_whom(
    lab: Any, case: Any, monkeypatch: pytest.MonkeyPatch, at_once: Callable[..., Any]
) -> None:
    plan = lab.begin(case).plan
    monkeypatch.setattr("rla.batch.operations._WAIT_SECONDS", 0.1)
    operations = Operations(Path(lab.data))
    with operations.locked():
        under_way = operations.begin("archive", [plan.entry_of(plan.items[0])], home="arc", source=str(lab.data))
        with pytest.raises(
            BatchError, match=rf"Another operation is under way .*archive by .* \(process {under_way.pid}\)"
        ):
            apply(plan)
    assert lab.layouts() == lab.begin(case).before
    assert len(apply(plan).done) == 3
