"""Values of odd kinds in parameter files, run cards and their notes are read, and do nothing else."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import date
from pathlib import Path
from typing import Any

import pytest
from click.testing import Result

from rla import HYPERPARAMETER, experiment_data_query
from rla.query import Experiment, experiments

pytestmark = pytest.mark.timeout(30)


@pytest.fixture
def run(good: Callable[[int], str], data_root: Path) -> Path:
    """The log folder of a good experiment."""
    return data_root / "log" / "demo" / f"{good(1)}_10.0.0.1_&lr=0.1"


def only(data_root: Path) -> Experiment:
    (found,) = experiments(data_root)
    return found


def test_yaml_of_any_keys_and_values_is_read_with_its_types(run: Path, data_root: Path) -> None:
    (run / "parameter.json").unlink()
    (run / "parameter.yaml").write_text(
        "1: a\n2022-01-01: b\n? !!python/tuple [1, 2]\n: c\nnull: d\nset: !!set {x, y}\nraw: !!binary aGVsbG8=\n"
        "day: 2022-01-01\nnested: {2: {3: .inf}}\n"
    )
    found = only(data_root).parameters
    assert (found["set"], found["raw"], found["day"]) == ({"x", "y"}, b"hello", date(2022, 1, 1))
    assert (found[1], found[(1, 2)], found[None], found["nested"]) == ("a", "c", "d", {2: {3: float("inf")}})
    assert len(experiments(data_root, where="nested.2.3 > 1")) == 1


@pytest.mark.parametrize(
    "notes",
    [
        {"": "keys:[1]"},
        {"": "keys:{"},
        {"/a": "keys:{}"},
        {"/a": "array:V100000000:"},
        {"/a": "array:(100000,100000)f8:"},
        {"/a": "array:U999999999:"},
        {"/a": "array:f8:99999999999999999999x0"},
        {"/a": "array:no dtype"},
        {"/a": "enum:os:system:x"},
        {"/a": "enum:a"},
        {"/a": "range"},
        {"/a": "timedelta"},
        {"/a": "hex"},
        {"/a": "bytes"},
        {"/b": "keys:" + json.dumps({"(" * 100_000: "tuple"})},
        {"/b/x": "decimal"},
        {"/b/x": "nothing of ours"},
    ],
    ids=lambda notes: str(notes)[:40],
)
def test_notes_of_a_run_card_that_make_no_sense_leave_values_as_they_stand(
    run: Path, data_root: Path, notes: dict[str, str]
) -> None:
    card = json.loads((run / "experiment.json").read_text())
    (run / "experiment.json").write_text(json.dumps(card | {"types": notes}))
    (run / "parameter.json").write_text(json.dumps({"a": 7, "b": {"x": [1, {"y": 2}], "(" * 100_000: 1}}))
    found = only(data_root)
    assert (found.status, found.problem) == ("finished", None)
    assert found.parameters["a"] == 7
    assert found.parameters["b"]["x"] == [1, {"y": 2}]
    (older,) = experiment_data_query(data_root, "demo", None, HYPERPARAMETER).values()
    assert older.hyper_param["a"] == 7  # type: ignore[union-attr]


def test_a_note_of_an_enumeration_runs_no_code_of_the_module_it_names(
    run: Path, data_root: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    import sys
    import types

    asked = []
    module = types.ModuleType("rla_lazy_module")
    module.__getattr__ = asked.append  # type: ignore[method-assign]
    monkeypatch.setitem(sys.modules, "rla_lazy_module", module)
    card = json.loads((run / "experiment.json").read_text())
    notes = {"/lr": "enum:rla_lazy_module:Kind:MEMBER"}
    (run / "experiment.json").write_text(json.dumps(card | {"types": notes}))
    assert only(data_root).parameters == {"lr": 0.1}
    assert asked == []


@pytest.mark.parametrize(
    "card",
    [{"status": ""}, {"status": 3}, {"pid": 10**30, "status": "running"}, {"tags": ["\ud800", "\x1b[31m"]}],
    ids=str,
)
def test_a_run_card_of_odd_values_is_read(
    run: Path, data_root: Path, card: dict[str, Any], rla: Callable[..., Result]
) -> None:
    known = json.loads((run / "experiment.json").read_text())
    (run / "experiment.json").write_text(json.dumps(known | card))
    assert only(data_root).status in ("finished", "running", "dead")
    for command in (["ls"], ["ls", "--json"], ["show", "13-01"], ["show", "13-01", "--json"], ["fsck"]):
        assert rla(*command, "--root", data_root).exit_code == 0


def test_a_half_of_a_character_in_a_key_is_escaped_and_found(run: Path, data_root: Path) -> None:
    (run / "parameter.json").write_text('{"a\\ud800": 1, "b": "\\ud800"}')
    assert only(data_root).parameters["b"] == "\ud800"
    assert len(experiments(data_root, where="`a\\ud800` == 1")) == 1


def test_what_nobody_reads_on_a_terminal_is_cut(run: Path, data_root: Path, rla: Callable[..., Result]) -> None:
    many = {f"key{number}": number for number in range(3_000)}
    (run / "parameter.json").write_text(json.dumps({"k" * 100_000: "v" * 1_000_000, "lr": 0.1} | many))
    (run / "progress.csv").write_text("r" * 100_000 + ",time-step\n1,2\n")
    for command in (["ls"], ["show", "13-01"], ["query", "lr == 0.1"]):
        shown = rla(*command, "--root", data_root).output
        assert "13-01-01" in shown
        assert len(shown.splitlines()) < 1_100
        assert max(map(len, shown.splitlines())) <= 2_001
    assert "2002 more, all in --json" in rla("show", "13-01", "--root", data_root).output
    whole = json.loads(rla("show", "13-01", "--root", data_root, "--json").output)
    assert len(whole["parameters"]) == 3_002
