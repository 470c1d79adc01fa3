"""A plan tells who goes on from an experiment, and which figures show it; what goes with it does not count."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import pytest

import rla
from rla import query
from rla.batch import choose, plan_deletion
from rla.errors import DataRootError, QueryError


@pytest.fixture
def family(data_root: Path, experiment: Callable[..., Path]) -> list[str]:
    """Names of a run, of one that was resumed from it, and of a fork of that in another task."""
    parents = [None, "2026/11/20/13-05-01-000001_10.0.0.1", "2026/11/20/13-05-02-000001_10.0.0.1"]
    for number, (task, parent) in enumerate(zip(("demo", "demo", "paper"), parents, strict=True), start=1):
        experiment(f"13-05-0{number}-000001", task=task, card={"parent": parent}, lr=number)
    return [each.name for each in query.experiments(data_root)]


def dependents(data_root: Path, task: str | None, pattern: str = "*") -> list[tuple[str, ...]]:
    return [item.dependents for item in plan_deletion(choose(data_root, task, pattern)).items]


def test_runs_that_go_on_from_another(data_root: Path, family: list[str]) -> None:
    assert dependents(data_root, "demo", "**lr=1") == [(f"{family[1]} goes on from it",)]
    assert dependents(data_root, "demo", "**lr=2") == [(f"{family[2]} goes on from it",)]
    assert dependents(data_root, "paper") == [()]


def test_those_that_go_with_it_do_not_count(data_root: Path, family: list[str]) -> None:
    assert dependents(data_root, "demo") == [(), (f"{family[2]} goes on from it",)]
    assert dependents(data_root, None) == [(), (), ()]


def test_a_folder_that_is_no_experiment_depends_on_nobody(data_root: Path, family: list[str]) -> None:
    (data_root / "log" / "demo" / "2026/11/20" / "notes").mkdir()
    assert dependents(data_root, "demo", "**notes") == [()]


def test_figures_that_show_it(
    data_root: Path, family: list[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    rla.record_figure(data_root, "curves.png", family[:2])
    rla.record_figure(data_root, tmp_path / "table.tex", [family[0]])
    shown = {f"'{tmp_path / name}' shows it" for name in ("curves.png", "table.tex")}
    first, second = dependents(data_root, "demo")
    assert set(first) == shown
    assert second == (f"{family[2]} goes on from it", f"'{tmp_path / 'curves.png'}' shows it")


def test_a_figure_that_is_drawn_again_shows_what_it_was_drawn_from_last(data_root: Path, family: list[str]) -> None:
    for names in (family[:2], family[2:]):
        note = rla.record_figure(data_root, "/figures/curves.pdf", names)
    assert json.loads(note.read_text())["experiments"] == family[2:]
    assert dependents(data_root, "demo", "**lr=1") == [(f"{family[1]} goes on from it",)]
    assert dependents(data_root, "paper") == [("'/figures/curves.pdf' shows it",)]


@pytest.mark.parametrize(
    "content", [b"", b"[]", b"null", b'{"figure": 1}', b'{"figure": "a", "experiments": 3}', b"\xff"]
)
def test_a_note_that_cannot_be_read_is_left_out(content: bytes, data_root: Path, family: list[str]) -> None:
    rla.record_figure(data_root, "good.png", [family[2]]).with_name("0.json").write_bytes(content)
    ((dependent,),) = dependents(data_root, "paper")
    assert dependent.endswith("good.png' shows it")


@pytest.mark.parametrize("name", ["2026/11/20/13-05-01-000001_10.0.0.1_&lr=1", "demo", "", 3, "demo/2026/11/20/"])
def test_what_is_no_name_of_an_experiment_is_refused(name: object, data_root: Path, family: list[str]) -> None:
    with pytest.raises(QueryError, match=r"is no name of an experiment\. Expected is '<task>/"):
        rla.record_figure(data_root, "curves.png", [name])  # type: ignore[list-item]
    assert not (data_root / ".rla").exists()


def test_a_data_root_that_is_not_there_is_not_made(tmp_path: Path) -> None:
    with pytest.raises(DataRootError):
        rla.record_figure(tmp_path / "nowhere", "curves.png", ["demo/2026/11/20/x"])
    assert not (tmp_path / "nowhere").exists()
