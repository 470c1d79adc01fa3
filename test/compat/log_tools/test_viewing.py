"""`ViewLogTool` shows the backup.txt of runs, asking before each; `PrettyPlotterTool` lists runs as JSON."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import pytest
from RLA.easy_log.log_tools import PrettyPlotterTool, ViewLogTool

from rla import exp_manager, logger

Write = Callable[..., Path]


@pytest.fixture
def noted(experiment: Write) -> list[Path]:
    """Two runs with notes and one without."""
    runs = [experiment(f"13-05-0{number}-000001", lr=number) for number in (1, 2, 3)]
    for run in runs[:2]:
        (run / "backup.txt").write_text(f"key: lr, value: {run.name[-1]}\n")
    return runs


def test_all_are_shown_without_asking(
    noted: list[Path], data_root: Path, nobody_answers: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    assert ViewLogTool(data_root, "demo", "*").view_log(skip_ask=True) == 2
    assert nobody_answers == []
    lines = capsys.readouterr().out.splitlines()
    names = [f"demo/2026/11/20/{run.name}" for run in noted]
    notes = ["  key: lr, value: 1", "  key: lr, value: 2", "  it has no backup.txt"]
    assert lines == [line for pair in zip(names, notes, strict=True) for line in pair]


def test_each_is_asked_for_and_the_end_of_the_input_is_a_no(
    noted: list[Path], data_root: Path, answers: Callable[..., list[str]], capsys: pytest.CaptureFixture[str]
) -> None:
    asked = answers("n", "y")
    assert ViewLogTool(data_root, "demo", "*").view_log() == 1
    assert len(asked) == 2  # the third has no notes
    answers("y")
    assert ViewLogTool(data_root, "demo", "*").view_log() == 1
    out = capsys.readouterr().out
    assert out.count("key: lr, value: 2") == 1
    assert out.count("key: lr, value: 1") == 1


def test_what_print_args_wrote_is_shown(
    start: Callable[..., None], data_root: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    start(lr=0.1)
    exp_manager.print_args()
    logger.backup("trained on gpu 3")
    exp_manager.finish()
    capsys.readouterr()
    assert ViewLogTool(data_root, "demo_task", "*").view_log(skip_ask=True) == 1
    out = capsys.readouterr().out
    assert "key: lr, value: 0.1" in out
    assert "trained on gpu 3" in out


def test_notes_cannot_command_the_terminal(
    experiment: Write, data_root: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (experiment("13-05-01-000001", lr=1) / "backup.txt").write_bytes(b"\x1b]0;title\x07 a\tb \xff\r\n")
    ViewLogTool(data_root, "demo", "*").view_log(skip_ask=True)
    assert capsys.readouterr().out.splitlines()[1] == "  \\x1b]0;title\\x07 a\tb \ufffd"


def test_nothing_to_view_is_said(noted: list[Path], data_root: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert ViewLogTool(data_root, "demo", "2021/*").view_log() == 0
    assert capsys.readouterr().out == "No experiment of 'demo' matches '2021/*'.\n"


def test_the_list_for_a_plotter_names_parameters_metrics_and_files(noted: list[Path], data_root: Path) -> None:
    listed = PrettyPlotterTool(data_root, "demo", "*").gen_json("*13-05-02*")
    assert listed["experiments"] == []  # a * ends at a slash
    (found,) = PrettyPlotterTool(data_root, "demo", "*").gen_json("2026/*/*/13-05-02*")["experiments"]
    assert found == {
        "name": f"demo/2026/11/20/{noted[1].name}",
        "record_date": "2026/11/20/13-05-02-000001",
        "status": "finished",
        "hyper_param": {"lr": 2},
        "time_step": 10,
        "metrics": ["loss"],
        "progress": f"log/demo/2026/11/20/{noted[1].name}/progress.csv",
    }
    assert (data_root / found["progress"]).is_file()


def test_the_list_is_strict_json_at_a_place_of_ones_own(experiment: Write, data_root: Path, tmp_path: Path) -> None:
    log_dir = experiment("13-05-01-000001", rows="loss,time-step,timestamp\n0.5,inf,1.0\n", 名前="学習")
    (log_dir / "parameter.json").write_text('{"lr": NaN, "名前": "学習"}')
    tool = PrettyPlotterTool(data_root, "demo", "*")
    for location in (tmp_path, tmp_path / "new" / "list.json"):
        written = Path(tool.json_dump(location))
        assert written in (tmp_path / "demo.json", tmp_path / "new" / "list.json")

        def refuse(constant: str) -> None:
            raise AssertionError(f"{constant} is no JSON")

        content = json.loads(written.read_text(), parse_constant=refuse)
        assert content["experiments"][0]["hyper_param"]["名前"] == "学習"
