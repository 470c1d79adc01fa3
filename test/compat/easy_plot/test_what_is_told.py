"""plot_func tells in a few lines what it has drawn, if it is not asked to be silent."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from RLA import plot_func


def test_runs_and_final_values_of_each_curve(six_runs: Path, capsys: pytest.CaptureFixture[str]) -> None:
    plot_func(six_runs, "demo", ["2026/*"], ["lr"], ["eval/return", "loss"])
    assert capsys.readouterr().out.splitlines() == [
        "demo: 6 runs",
        "eval/return:",
        "  lr=0.01   3 runs  21 ± 0.58 at 100",
        "  lr=0.1    3 runs  11 ± 0.58 at 100",
        "loss:",
        "  lr=0.01   3 runs  1 ± 0 at 100",
        "  lr=0.1    3 runs  2 ± 0 at 50",
    ]


def test_what_a_reader_should_know_stands_below_a_curve(
    run: Callable[..., Path], data_root: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    run(range(101), {"y": range(101)}, seed=0)
    run(range(31), {"y": range(31)}, seed=1)
    plot_func(data_root, "demo", ["2026/*"], [], ["y"], band="t")
    *_, curve, note = capsys.readouterr().out.splitlines()
    assert curve.strip() == "2 runs  30 [30, 30] at 30"
    shown = "Only x from 0 to 30 of 0 to 100 is shown, which all runs have"
    assert note == f"    {shown}: run '2026/11/20/13-00-01-000001_10.0.0.1' ends first."


def test_silence_and_more_words(six_runs: Path, capsys: pytest.CaptureFixture[str]) -> None:
    plot_func(six_runs, "demo", ["2026/*"], ["lr"], ["loss"], summarize_res=False)
    assert capsys.readouterr().out == ""
    plot_func(six_runs, "demo", ["**seed=0*"], ["lr"], ["loss"], summarize_res=False, verbose=True)
    first, *folders = capsys.readouterr().out.splitlines()
    assert first == "demo, '**seed=0*': 2 results"
    assert all("seed=0" in folder for folder in folders)
