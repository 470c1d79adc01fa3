"""What a plan looks like to people: the first experiments, what tells them apart, bytes, who depends on them."""

from __future__ import annotations

from pathlib import Path

import pytest

from rla.batch.plan import Item, Plan, Refusal
from rla.cli.plans import date_of_name, print_plan, shown_names, trees_in_words
from rla.database.trees import ExperimentPlace

WOULD = "{} would go"


def item(number: int, task: str = "demo", **more: object) -> Item:
    name = f"13-05-{number:02}-000001_10.0.0.1_&algo=sac&lr=0.{number % 3}&seed={number}"
    place = ExperimentPlace(Path("data"), task, "2026/11/20", name)
    fields = {"trees": {"log": 1024, "checkpoint": 2048}, "files": 3, "status": "finished", "step": 500_000.0}
    return Item(place, **{**fields, **more})  # type: ignore[arg-type]


def shown(plan: Plan, capsys: pytest.CaptureFixture[str]) -> str:
    print_plan(plan, WOULD)
    return capsys.readouterr().out


def test_it_says_how_many_of_what_and_how_large(capsys: pytest.CaptureFixture[str]) -> None:
    text = shown(Plan("delete", Path("data"), [item(1), item(2)]), capsys)
    assert "2 experiments of demo would go: 6.00 KiB in 6 files (checkpoint 4.00 KiB, log 2.00 KiB)." in text
    header, _, first, second = text.splitlines()[1:5]
    assert header.split() == ["record_date", "status", "lr", "seed", "step", "size"]
    assert first.split()[1:] == ["finished", "0.1", "1", "500k", "3.00", "KiB"]
    assert second.split()[1:] == ["finished", "0.2", "2", "500k", "3.00", "KiB"]


def test_of_many_the_first_twenty_are_shown(capsys: pytest.CaptureFixture[str]) -> None:
    plan = Plan("delete", Path("data"), [item(number % 60) for number in range(1200)])
    text = shown(plan, capsys)
    assert text.count("finished") == 20
    assert "20 of 1,200 are shown; --dry-run --json has all." in text
    assert "1,200 experiments of demo would go: 3.52 MiB in 3,600 files" in text


def test_tasks_are_named_where_there_are_several(capsys: pytest.CaptureFixture[str]) -> None:
    text = shown(Plan("delete", Path("data"), [item(1, "walk"), item(2, "run/fast")]), capsys)
    assert "2 experiments of run/fast, walk would go" in text
    assert text.splitlines()[1].split()[0] == "task"
    many = Plan("delete", Path("data"), [item(number, f"task{number}") for number in range(4)])
    assert "4 experiments of 4 tasks would go" in shown(many, capsys)


def test_dependents_notes_refusals_and_warnings_are_told(capsys: pytest.CaptureFixture[str]) -> None:
    items = [item(1, dependents=("'fig.pdf' shows it",)), item(2, note="nobody has heard of it")]
    refused = [Refusal(item(number).name, "it is pinned: Table 2") for number in range(10, 25)]
    plan = Plan("delete", Path("data"), items, refused, current=4, warnings=["The disk is small."])
    print_plan(plan, WOULD)
    out, err = capsys.readouterr()
    assert "Who depends on them:" in out
    assert "'fig.pdf' shows it" in out
    assert "nobody has heard of it" in out
    assert out.count("it is pinned: Table 2") == 10
    assert "10 of 15 are shown" in out
    assert "4 copies are up to date already." in out
    assert err == "warning: The disk is small.\n"


def test_names_that_are_no_index_names_are_shown_as_they_are(capsys: pytest.CaptureFixture[str]) -> None:
    odd = [Item(ExperimentPlace(Path("data"), "demo", "2026/11/20", name), {"log": 10}) for name in ("notes", "[red]")]
    text = shown(Plan("delete", Path("data"), odd), capsys)
    assert "11/20/notes" in text
    assert "11/20/[red]" in text
    assert date_of_name("run/fast/2026/11/20/notes") == "2026/11/20/notes"


def test_short_names_say_the_task_only_where_they_must() -> None:
    one, other = item(1).name, item(2, "walk").name
    assert [name.split()[0] for name in shown_names([one, other])] == ["demo", "walk"]
    assert " " not in shown_names([one])[0]
    assert shown_names([]) == []


def test_trees_are_listed_as_people_say_it() -> None:
    assert trees_in_words(["results", "log", "code"]) == "log, code and results"
    assert trees_in_words(["results"]) == "results"
