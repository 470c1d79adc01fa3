"""Arguments that mean nothing are told before a file is read; rows that mean nothing are left out, and said to be."""

from __future__ import annotations

import os
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from rla.errors import DataRootError, QueryError
from rla.plot import curves
from rla.query import experiments

Write = Callable[..., Path]
TEN_ROWS = "loss,time-step\n" + "".join(f"{step * 0.5},{step}\n" for step in range(10))


@pytest.fixture
def lab(experiment: Write, data_root: Path) -> Path:
    for number, algo in enumerate(("sac", "sac", "td3", "td3")):
        experiment(f"13-05-0{number}-000001", rows=TEN_ROWS, algo=algo, seed=number % 2, env_id="Hopper-v4")
    return data_root


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"metrics": "los"}, "has recorded 'los'. Did you mean 'loss'"),
        ({"metrics": r"$\frac{a}{b}_c$"}, "Keys there are: loss."),
        ({"metrics": []}, "Metrics are names of recorded keys"),
        ({"metrics": None}, "Metrics are names of recorded keys"),
        ({"metrics": ["loss", 5]}, "Metrics are names of recorded keys"),
        ({"arms": "alg"}, "hyper-parameter 'alg'. Did you mean 'algo'"),
        ({"arms": "algo=sacc"}, "The arm 'algo=sacc' has no experiments: none of 4 satisfies"),
        ({"arms": "algo=="}, "Expected a value"),
        ({"arms": ["algo", "seed=1"]}, "'seed=1' is a condition, 'algo' a name"),
        ({"arms": 5}, "Arms are names of hyper-parameters .* got 5"),
        ({"arms": {"ours": 5}}, "The arm 'ours' is 5; expected a condition"),
        ({"arms": {5: "algo=sac"}}, "The legend of an arm is a text; got 5"),
        ({"arms": {}}, "None of the 4 experiments belongs to an arm"),
        ({"arms": lambda each: None}, "None of the 4 experiments belongs to an arm"),
        ({"arms": lambda each: each.parameters["tau"]}, "failed for 'demo/.*algo=sac.*': KeyError: 'tau'"),
        ({"by": "env"}, "hyper-parameter 'env'. Did you mean 'env_id'"),
        ({"by": ["env_id", "algo"]}, "expected one name, such as 'env_id', or None"),
        ({"seed_key": "sed"}, "hyper-parameter 'sed'. Did you mean 'seed'"),
        ({"seed_key": None}, "seed_key=None is no hyper-parameter"),
        ({"x": "wall"}, "Did you mean 'wall-time'"),
        ({"x": 5}, "x=5 is no recorded key"),
        ({"x": "episodes"}, "no values of loss over episodes. Left out of 4 runs: all rows, because it"),
        ({"x_range": "onion"}, "none of intersection, union, hold. Did you mean 'union'"),
        ({"align": None}, "align=None is none of auto, exact"),
        ({"grid": 0}, "A grid has a whole number of points"),
        ({"grid": "many"}, "A grid has a whole number of points"),
        ({"smooth": "trailing:10"}, r"expected rla.plot.Smoothing\('trailing', 100\)"),
        ({"estimator": "mode"}, "'mode' is no estimator; expected one of mean"),
        ({"band": "se"}, "band='se' is none of .* Did you mean 'sem'"),
        ({"level": 95}, "expected a number between 0 and 1"),
        ({"level": "95 %"}, "expected a number between 0 and 1"),
        ({"n_boot": 1.5}, "expected 2000 to look"),
        ({"min_seeds_for_band": None}, "is no whole number"),
        ({"show_runs": "some"}, "none of True, False, 'auto'"),
        ({"normalize": {"Hoper-v4": (0, 1)}}, "no task 'Hopper-v4'. Did you mean 'Hoper-v4'"),
        ({"normalize": {"Hopper-v4": 5}}, "are 5; expected two numbers"),
        ({"normalize": {"Hopper-v4": (1, 1)}}, "expected two that differ"),
        ({"normalize": {"Hopper-v4": (0, 1)}, "by": None}, "scores of tasks, of which there are none"),
        ({"pool": True, "by": "algo"}, r"Scores of 2 tasks \(sac, td3\) are pooled on one scale only"),
    ],
    ids=lambda value: re.sub(r" at 0x\w+", "", repr(value)),  # functions have other places in other processes
)
def test_an_argument_that_means_nothing(arguments: dict[str, Any], message: str, lab: Path) -> None:
    with pytest.raises(QueryError, match=message):
        curves(lab, **{"metrics": "loss", "arms": "algo", **arguments})


def test_nothing_to_draw(lab: Path, tmp_path: Path) -> None:
    for nothing in (experiments(lab, pattern="2020/*"), experiments(lab, where="algo=ppo")):
        with pytest.raises(QueryError, match="There is nothing to plot: <0 experiments of"):
            curves(nothing, "loss")
    with pytest.raises(DataRootError, match="there is no such folder"):
        curves(tmp_path / "nowhere", "loss")
    for wrong in (5, None, list(experiments(lab))):
        with pytest.raises(QueryError, match=r"Expected experiments .* or a data root"):
            curves(wrong, "loss")  # type: ignore[arg-type]


def test_arms_of_two_data_roots_are_refused(lab: Path, tmp_path: Path, record: Callable) -> None:
    other = tmp_path / "other"
    os.rename(lab, other)
    record([(0, {"loss": 1.0})], algo="sac", seed=0)
    with pytest.raises(QueryError, match="all arms come from one data root"):
        curves(lab, "loss", {"here": "algo=sac", "there": experiments(other)})


def test_one_run_alone_is_a_line_without_a_band(experiment: Write, data_root: Path) -> None:
    experiment("13-05-01-000001", rows=TEN_ROWS, algo="sac")
    found = curves(data_root, "loss")
    band = found["all runs"]
    assert band.centre.tolist() == [step * 0.5 for step in range(10)]
    assert not band.has_band
    assert found.notes == ("'all runs': 1 run: too few for a band, which takes 5.",)


@pytest.mark.parametrize(
    ("rows", "points", "note"),
    [
        ("loss,time-step\n1,10\n2,\n3,30\n", [(10, 1), (30, 3)], "rows without 'time-step' (1)"),
        ("loss,time-step\n1,10\n2,20\n3,inf\n", [(10, 1), (20, 2)], "rows without 'time-step' (1)"),
        ("loss\n1\n2\n", [], "all rows, which have no 'time-step'"),
        ("other,time-step\n1,10\n", [], None),
        (
            "loss,time-step\n1,10\nhigh,20\nlow,25\n3,30\n",
            [(10, 1), (30, 3)],
            "values of 'loss' that are no numbers (2)",
        ),
        ("loss,time-step\nTrue,10\nFalse,20\n", [(10, 1), (20, 0)], None),
        (f"loss,time-step\n1,10\n{'9' * 400},20\n3,30\n", [(10, 1), (30, 3)], None),
        ("loss,time-step\n1,10\n2,now\n3,30\n", [(10, 1), (30, 3)], "values of 'time-step' that are no numbers (1)"),
    ],
    ids=repr,
)
def test_what_is_no_number_is_left_out_and_told(
    rows: str, points: list[tuple[float, float]], note: str | None, experiment: Write, lab: Path
) -> None:
    experiment("13-06-01-000001", rows=rows, algo="odd", env_id="Hopper-v4")
    found = curves(lab, "loss", "algo")
    (panel,) = found.panels
    (curve,) = panel.curves["odd"]
    assert list(zip(curve.x.tolist(), curve.y.tolist(), strict=True)) == points
    told = [text for text in found.notes if text.startswith("Left out of run '2026/11/20/13-06-01-000001_10.0.0.1'")]
    assert note is None or any(note in text for text in told)
    assert len(panel.bands["sac"].x) == 10


def test_infinite_values_are_left_out_and_told(experiment: Write, data_root: Path) -> None:
    experiment("13-05-01-000001", rows="loss,time-step\n1,10\ninf,20\n-inf,25\n3,30\n", algo="sac")
    found = curves(data_root, "loss", "algo")
    assert (found["sac"].x.tolist(), found["sac"].centre.tolist()) == ([10, 30], [1, 3])
    assert "'sac': 2 infinite values left out." in found.notes


def test_notes_on_many_runs_are_one_sentence(experiment: Write, lab: Path) -> None:
    for number in range(20):
        experiment(f"13-06-{number:02}-000001", rows="loss,time-step\n1,\n2,20\n", algo="odd", env_id="Hopper-v4")
    notes = curves(lab, "loss", "algo").notes
    assert [note for note in notes if "Left out" in note] == ["Left out of 20 runs: rows without 'time-step' (20)."]


@pytest.mark.parametrize("kind", ["binary", "folder", "pipe", "loop", "no parameters", "no columns", "huge line"])
def test_a_run_that_cannot_be_read_hides_no_other(kind: str, experiment: Write, lab: Path) -> None:
    folder = experiment("13-06-01-000001", algo="odd", env_id="Hopper-v4", seed=0)
    path = folder / "progress.csv"
    path.unlink()
    if kind == "binary":
        path.write_bytes(bytes(range(256)) * 40)
    elif kind == "folder":
        path.mkdir()
    elif kind == "pipe":
        os.mkfifo(path)
    elif kind == "loop":
        path.symlink_to(path)
    elif kind == "no parameters":
        (folder / "parameter.json").write_text("{not json")
        path.write_text(TEN_ROWS)
    elif kind == "no columns":
        path.write_text("\n\n\n")
    else:
        path.write_text("loss,time-step\n1,10\n" + "9" * 5_000_000)
    found = curves(lab, "loss", "algo")
    assert set(found.arms) == {"sac", "td3", "odd"}
    assert len(found.panels[0].bands["sac"].x) == 10
    if kind not in ("no parameters", "huge line"):
        assert found.panels[0].bands["odd"].runs == ()
    told = " ".join(found.notes)
    assert "unreadable" in told or "cannot be read" in told or "no values" in told
