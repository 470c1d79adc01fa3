"""Each name of `easy_log.log_tools` and of `easy_log.tools`: called once, and its result looked at."""

from __future__ import annotations

import builtins
import json
from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace

import pytest
from RLA.easy_log import log_tools, logger, tools

from rla import TREES, timers

Write = Callable[..., Path]


@pytest.fixture
def run(experiment: Write) -> Path:
    """The log folder of a run of 10 time steps, in one tree."""
    log_dir = experiment("13-05-01-000001", lr=0.1)
    (log_dir / "backup.txt").write_text("key: lr, value: 0.1\n")
    return log_dir


# ---- log_tools -------------------------------------------------------------------------------------------------------


def test_Filter() -> None:  # noqa: N802  # the name of the class
    chosen = log_tools.Filter()
    chosen.config(log_tools.Filter.SMALL_TIMESTEP, 100)
    assert (chosen.type, chosen.timstep_bound) == ("small_ts", 100)
    chosen.config(type=log_tools.Filter.ALL, timstep_bound=None)
    assert (chosen.type, chosen.timstep_bound) == ("all", None)


def test_BasicLogTool() -> None:  # noqa: N802  # likewise
    tool = log_tools.BasicLogTool()
    assert tool.log_types == list(TREES)
    assert log_tools.BasicLogTool(optional_log_type=["code", "log"]).log_types == ["log", "code"]
    assert tool.is_valid_index("2022/03/01/21-[12]*")
    assert not tool.is_valid_index("../*")


def test_DeleteLogTool(run: Path, data_root: Path) -> None:  # noqa: N802  # likewise
    chosen = log_tools.Filter()
    chosen.config(log_tools.Filter.ALL, 5)
    tool = log_tools.DeleteLogTool(data_root, "demo", "2026/11/20/13-05-01*", chosen)
    assert tool.delete_small_timestep_log(skip_ask=True) == 0
    assert tool.delete_related_log(skip_ask=True, delete_log_types=["code"]) == 0
    assert tool.delete_related_log(skip_ask=True) == 1
    assert tool.delete_related_log(skip_ask=True) == 0
    assert not run.exists()


def test_ArchiveLogTool(run: Path, data_root: Path) -> None:  # noqa: N802  # likewise
    tool = log_tools.ArchiveLogTool(data_root, "demo", "*", archive_table_name="arc")
    assert tool.archive_log(skip_ask=True) == 1
    assert (data_root / "arc" / run.relative_to(data_root) / "progress.csv").exists()


def test_MigrateLogTool(run: Path, data_root: Path) -> None:  # noqa: N802  # likewise
    tool = log_tools.MigrateLogTool(data_root, "demo", "*", target_task_table_name="final")
    assert tool.migrate_log(skip_ask=True) == 1
    assert (data_root / "log/final/2026/11/20" / run.name / "progress.csv").exists()


def test_ViewLogTool(run: Path, data_root: Path, capsys: pytest.CaptureFixture[str]) -> None:  # noqa: N802  # likewise
    assert log_tools.ViewLogTool(data_root, "demo", "*").view_log(skip_ask=True) == 1
    assert "key: lr, value: 0.1" in capsys.readouterr().out


def test_PrettyPlotterTool(run: Path, data_root: Path, tmp_path: Path) -> None:  # noqa: N802  # likewise
    tool = log_tools.PrettyPlotterTool(data_root, "demo", "2026/*")
    assert [each["hyper_param"] for each in tool.gen_json("*")["experiments"]] == [{"lr": 0.1}]
    assert json.loads(Path(tool.json_dump(tmp_path / "list.json")).read_text()) == tool.gen_json("2026/*")


@pytest.fixture
def lab_config(tmp_path: Path) -> Path:
    """A configuration whose main node is a folder beside the data root."""
    path = tmp_path / "rla_config.yaml"
    path.write_text("REMOTE_SETTING:\n  file_transfer_protocol: local\n  remote_data_root: main\n")
    return path


def test_SendLogTool(run: Path, data_root: Path, lab_config: Path) -> None:  # noqa: N802  # likewise
    tool = log_tools.SendLogTool(lab_config, data_root, "demo", "2026/*")
    assert tool.send_log(skip_ask=True) == 4
    assert tool.send_log(skip_ask=True) == 0
    assert (lab_config.parent / "main" / run.relative_to(data_root) / "backup.txt").exists()


def test_DownloadLogTool(run: Path, data_root: Path, lab_config: Path) -> None:  # noqa: N802  # likewise
    data_root.rename(lab_config.parent / "main")
    data_root.mkdir()
    tool = log_tools.DownloadLogTool(str(lab_config), data_root, "demo", "*")
    assert tool.is_valid_index(tool.regex)
    assert tool.download_log(skip_ask=True) == 4
    assert tool.download_log(skip_ask=True) == 0
    assert (run / "backup.txt").read_text() == "key: lr, value: 0.1\n"
    with pytest.raises(AttributeError, match=r"DownloadLogTool has no 'download'. Did you mean 'download_log'\?"):
        tool.download()
    assert not hasattr(tool, "__len__")


# ---- tools -----------------------------------------------------------------------------------------------------------


def test_the_early_DeleteLogTool(  # noqa: N802  # likewise
    run: Path, data_root: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    tool = tools.DeleteLogTool(data_root, None, "demo", "*", config={}, optional_log_type=None)
    monkeypatch.setattr(builtins, "input", lambda question: "n")
    assert tool.delete_related_log() == 0
    monkeypatch.setattr(builtins, "input", lambda question: "y")
    assert tool.delete_related_log() == 1
    assert not run.exists()


def test_the_early_DeleteLogTool_of_one_of_several_projects(run: Path, data_root: Path) -> None:  # noqa: N802
    tool = tools.DeleteLogTool(data_root.parent, data_root.name, "demo", "*", None, "log")
    assert tool.delete_related_log(skip_ask=True) == 1
    assert not run.exists()


def test_time_used_wrap(monkeypatch: pytest.MonkeyPatch) -> None:
    now = [50.0]
    monkeypatch.setattr(timers, "time", SimpleNamespace(perf_counter=lambda: now[0]))

    def work(seconds: float, *, result: str) -> str:
        assert list(tools.rc_start_time) == ["save"]
        now[0] += seconds
        if not result:
            raise OSError("a full disk")
        return result

    assert tools.time_used_wrap("save", work, 2.0, result="done") == "done"
    assert logger.getkvs() == {"time_used/save": 2.0}
    with pytest.raises(OSError, match="a full disk"):
        tools.time_used_wrap("save", work, 3.0, result="")
    assert tools.rc_start_time == {}


def test_time_record_and_time_record_end_and_rc_start_time(monkeypatch: pytest.MonkeyPatch) -> None:
    now = [50.0]
    monkeypatch.setattr(timers, "time", SimpleNamespace(perf_counter=lambda: now[0]))
    tools.time_record("load")
    assert tools.rc_start_time == {"load": 50.0}
    now[0] = 50.5
    assert tools.time_record_end("load") == 0.5
    assert tools.rc_start_time == {}
