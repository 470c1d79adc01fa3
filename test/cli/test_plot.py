"""`rla plot` saves a figure of learning curves, and shows where they end."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pandas as pd
import pytest

from rla.plot.manifest import read_manifest

Command = Callable[..., Any]


@pytest.fixture
def lab(experiment: Callable[..., Path], data_root: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Five runs of sac and three of td3; the folder that commands run in is another."""
    for number in range(8):
        algo, seed = ("sac", number) if number < 5 else ("td3", number - 5)
        rows = "".join(f"{step * (seed + 1)},{0.5 if algo == 'sac' else ''},{step * 1000}\n" for step in range(12))
        day = "2026/11/20" if algo == "sac" else "2026/11/21"
        experiment(f"13-05-0{number}-000001", day=day, rows=f"eval/return,loss,time-step\n{rows}", algo=algo, seed=seed)
    folder = tmp_path / "here"
    folder.mkdir()
    monkeypatch.chdir(folder)
    monkeypatch.setenv("RLA_ROOT", str(data_root))
    return folder


def words(out: str) -> list[list[str]]:
    return [line.split() for line in out.splitlines()]


def test_it_shows_where_the_curves_end_and_saves_the_figure(rla: Command, lab: Path) -> None:
    done = rla("plot", "-m", "eval/return")
    assert done.code == 0, done.err
    lines = words(done.out)
    assert ["arm", "curve", "time-step", "IQM", "low", "high", "n"] in lines
    (sac,) = [line for line in lines if line[:1] == ["sac"]]
    (td3,) = [line for line in lines if line[:1] == ["td3"]]
    assert (sac[2], sac[3], sac[-1]) == ("11,000", "33", "5")
    assert len(sac) == 7
    assert td3[2:] == ["11,000", "22", "3"]  # three runs have no band
    assert "Line: interquartile mean (IQM); band: 95 %" in done.out
    assert "- 'td3': 3 runs: too few for a band, which takes 5." in done.out
    assert done.out.splitlines()[-1] == "Saved as eval_return.png"
    manifest = read_manifest(lab / "eval_return.png")
    assert manifest["settings"]["n_boot"] == 10_000
    assert {arm: len(runs) for arm, runs in manifest["runs"].items()} == {"sac": 5, "td3": 3}


def test_json_has_all_of_it(rla: Command, lab: Path) -> None:
    done = rla("plot", "-m", "eval/return", "-m", "loss", "-o", "new/fig.pdf", "--csv", "--json")
    found = json.loads(done.out)
    assert found["path"] == str(lab / "new/fig.pdf")
    assert [(end["metric"], end["arm"], end["n"]) for end in found["ends"]] == [
        ("eval/return", "sac", 5),
        ("eval/return", "td3", 3),
        ("loss", "sac", 5),
        ("loss", "td3", 0),
    ]
    first, last = found["ends"][0], found["ends"][-1]
    assert (first["x"], first["estimate"]) == (11_000, 33)
    assert first["low"] < 33 < first["high"]
    assert (last["x"], last["estimate"], last["low"]) == (None, None, None)
    assert "'td3' (loss): 3 of 3 runs have no values." in found["notes"]
    assert found["manifest"] == read_manifest(found["path"])
    table = pd.read_csv(found["csv"])
    assert set(table["metric"]) == {"eval/return", "loss"}


@pytest.mark.parametrize(
    ("what", "runs"),
    [
        ("algo=td3", 3),
        ("eval/return > 40", 2),
        ("2026/11/20/*", 5),
        ("2026/11/20", 5),
        ("**algo=sac*", 5),
        (r"re:seed=[12]$", 4),
        ("13-05-03", 1),
        ("2026/11/20/13-05-03-000001_10.0.0.1_&algo=sac&seed=3", 1),
    ],
)
@pytest.mark.usefixtures("lab")
def test_what_is_drawn(what: str, runs: int, rla: Command) -> None:
    done = rla("plot", what, "-m", "eval/return", "--band", "none", "--json")
    assert done.code == 0, done.err
    assert sum(map(len, json.loads(done.out)["manifest"]["runs"].values())) == runs


@pytest.mark.usefixtures("lab")
def test_how_it_is_drawn(rla: Command) -> None:
    options = ["--arms", "algo=td3", "--arms", "seed<2", "--by", "", "--x", "loss", "--x-range", "union"]
    options += ["--smooth", "trailing:2k:x", "--estimator", "mean", "--band", "std", "--level", "0.9", "--n-boot", "50"]
    found = json.loads(rla("plot", "-m", "eval/return", "--json", *options).out)
    assert list(found["manifest"]["runs"]) == ["algo=td3", "seed<2"]
    settings = found["manifest"]["settings"]
    assert settings["smooth"] == {"kind": "trailing", "amount": 2000, "unit": "x"}
    chosen = {key: settings[key] for key in ("by", "x", "x_range", "estimator", "band", "level", "n_boot")}
    assert list(chosen.values()) == [None, "loss", "union", "mean", "std", 0.9, 50]


@pytest.mark.usefixtures("lab")
def test_without_a_metric_those_that_there_are_are_listed(rla: Command) -> None:
    done = rla("plot")
    assert done.code == 0
    lines = [line for line in words(done.out) if len(line) == 2]
    assert lines == [["metric", "runs"], ["eval/return", "8"], ["loss", "5"]]
    assert done.out.splitlines()[-1] == "Draw one: rla plot … -m eval/return"
    assert json.loads(rla("plot", "algo=td3", "--json").out) == [{"metric": "eval/return", "runs": 3}]
    assert not list(Path().iterdir())


def test_only_a_figure_of_rla_is_replaced_without_being_named(rla: Command, lab: Path) -> None:
    other = lab / "eval_return.png"
    other.write_bytes(b"a picture of somebody")
    done = rla("plot", "-m", "eval/return")
    assert (done.code, other.read_bytes()) == (2, b"a picture of somebody")
    assert "'eval_return.png' is there, and is no figure of rla. Name another file: -o FILE." in done.err
    assert rla("plot", "-m", "eval/return", "-o", "eval_return.png").code == 0
    before = read_manifest(other)["runs"]
    assert rla("plot", "algo=td3", "-m", "eval/return").code == 0
    assert read_manifest(other)["runs"] != before


@pytest.mark.parametrize(
    ("metric", "name"),
    [("loss/Q(s, a)", "loss_Q_s_a.png"), (r"$\alpha^2$", "alpha_2.png"), ("../up", "up.png"), ("//", "curves.png")],
)
def test_any_metric_has_a_file_name(
    metric: str, name: str, rla: Command, experiment: Callable[..., Path], lab: Path
) -> None:
    experiment("14-00-00-000001", rows=f'"{metric}",time-step\n1.0,0\n2.0,10\n', algo="sac", seed=9)
    done = rla("plot", "14-00-00", "-m", metric)
    assert done.code == 0, done.err
    assert [path.name for path in lab.iterdir()] == [name]


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["-m", "eval/retrun"], "Did you mean 'eval/return'?"),
        (["-m", "eval/return", "-o", "fig.jpg"], "'.jpg' is none of them"),
        (["-m", "eval/return", "-o", "fig"], "it has none"),
        (["algo=ppo", "-m", "eval/return"], "There is nothing to plot"),
        (["algo=ppo"], "There is nothing to plot"),
        (["nobody", "-m", "eval/return"], "No experiment"),
        (["2020/*", "-m", "eval/return"], "There is nothing to plot"),
        (["algo==", "-m", "eval/return"], "Expected a value"),
        (["re:(", "-m", "eval/return"], "Not a regular expression"),
        (["-m", "eval/return", "--smooth", "much"], "expected a kind and how much"),
        (["-m", "eval/return", "--smooth", "trailing:0"], "A window of 0"),
        (["-m", "eval/return", "--smooth", "mean:10"], "'mean' is no smoothing"),
        (["-m", "eval/return", "--arms", "alg"], "Did you mean 'algo'?"),
        (["-m", "eval/return", "--by", "env"], "hyper-parameter 'env'"),
        (["-m", "eval/return", "--level", "95"], "expected a number between 0 and 1"),
        (["-m", "eval/return", "--task", "dem"], "dem"),
    ],
    ids=lambda value: " ".join(value) if isinstance(value, list) else "",
)
def test_what_cannot_be_drawn_is_told_and_nothing_is_written(
    arguments: list[str], message: str, rla: Command, lab: Path
) -> None:
    done = rla("plot", *arguments)
    assert done.code == 2
    assert message in done.err
    assert not list(lab.iterdir())


def test_the_table_fits_a_terminal_of_80_columns(on_terminal: Command, lab: Path) -> None:
    done = on_terminal("", "plot", "-m", "eval/return", "-m", "loss", "--by", "algo", "--arms", "seed")
    assert done.code == 0, done.screen
    assert max(map(len, done.screen.split("\n"))) <= 80
    assert "▁" in done.screen
    assert "seed=4" in done.screen
