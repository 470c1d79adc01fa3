"""`SendLogTool` and `DownloadLogTool` show what would travel, ask once, and count the files that arrived."""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest
from RLA.easy_log.log_tools import DownloadLogTool, SendLogTool

from rla.database.trees import ExperimentPlace
from rla.errors import ConfigNotFoundError, DataRootError, QueryError, SyncError
from rla.names import LOG, TREES

Record = Callable[..., ExperimentPlace]
Picture = Callable[..., dict[str, tuple[object, ...]]]
SETTING = "REMOTE_SETTING:\n  file_transfer_protocol: local\n  remote_data_root: main\n"


@pytest.fixture
def config(tmp_path: Path) -> Path:
    """A configuration whose main node is a folder beside the data root."""
    path = tmp_path / "rla_config.yaml"
    path.write_text(SETTING)
    return path


@pytest.fixture
def here(tmp_path: Path) -> Path:
    """An empty data root."""
    folder = tmp_path / "here"
    folder.mkdir()
    return folder


def trees_in(data_root: Path) -> list[str]:
    files = [path.relative_to(data_root) for path in data_root.rglob("*") if path.is_file()]
    return sorted({path.parts[0] for path in files if path.parts[0] in TREES})


def test_trees_are_those_of_the_configuration_or_those_that_are_named(
    recorded_run: Record, data_root: Path, here: Path, config: Path
) -> None:
    recorded_run(lr=0.1)
    SendLogTool(config, data_root, "demo", "*").send_log(skip_ask=True)
    assert trees_in(config.parent / "main") == ["log"]
    SendLogTool(config, data_root, "demo", "*", optional_log_type=TREES).send_log(skip_ask=True)
    assert trees_in(config.parent / "main") == trees_in(data_root)
    config.write_text(SETTING + "  trees: [code]\n")
    DownloadLogTool(config, here, "demo", "*").download_log(skip_ask=True)
    DownloadLogTool(config, here, "demo", "*", "results").download_log(skip_ask=True)
    assert trees_in(here) == ["code", "results"]


def test_no_and_the_end_of_the_input_send_nothing(
    recorded_run: Record, data_root: Path, config: Path, answers: Callable[..., list[str]], picture_of: Picture
) -> None:
    recorded_run(lr=0.1)
    asked = answers("no")
    assert SendLogTool(config, data_root, "demo", "*").send_log() == 0
    assert SendLogTool(config, data_root, "demo", "*").send_log() == 0
    assert asked == ["\nSend 1 experiment? [y/N] "] * 2
    assert picture_of(config.parent / "main") == {}


def test_what_is_shown(
    recorded_run: Record, data_root: Path, config: Path, capsys: pytest.CaptureFixture[str], here: Path
) -> None:
    places = [recorded_run(lr=number) for number in range(12)]
    assert SendLogTool(config, data_root, "demo", "*").send_log(skip_ask=True) >= 48
    shown = capsys.readouterr().out
    assert f"Send 12 experiments to {config.parent / 'main'}: " in shown
    assert f"\n  demo/{places[0].day}/{places[0].index_name}\n" in shown
    assert "\n  … and 2 more\n" in shown
    assert DownloadLogTool(config, here, "dem", "*").download_log(skip_ask=True) == 0
    assert DownloadLogTool(config, here, "demo", "2031/*").download_log(skip_ask=True) == 0
    shown = capsys.readouterr().out
    assert "There is no task 'dem' in " in shown
    assert "matches '2031/*'" in shown


def test_a_file_that_does_not_travel_is_named(
    recorded_run: Record, data_root: Path, config: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    place = recorded_run(lr=0.1)
    tool = SendLogTool(config, data_root, "demo", "*")
    tool.send_log(skip_ask=True)
    for root, added in ((config.parent / "main", "beyond\n" * 9), (data_root, "more\n")):
        with open(root / place.path(LOG).relative_to(data_root) / "log.txt", "a", encoding="utf-8") as file:
            file.write(added)
    assert tool.send_log(skip_ask=True) == 0
    shown = capsys.readouterr().out
    assert "  not sent: log/demo/" in shown
    assert "Call it again to go on with what is left." in shown


def test_what_cannot_be_is_an_error_and_nothing_is_made(data_root: Path, here: Path, config: Path) -> None:
    with pytest.raises(SyncError, match="nothing can be fetched from it"):
        DownloadLogTool(config, here, "demo", "*").download_log()
    with pytest.raises(QueryError, match="names no experiment"):
        DownloadLogTool(config, here, "demo", "").download_log()
    with pytest.raises(DataRootError):
        DownloadLogTool(config, data_root, "demo", "*").download_log()
    with pytest.raises(ConfigNotFoundError):
        DownloadLogTool("nowhere.yaml", here, "demo", "*").download_log()
    config.write_text("LOG_USED: [csv]\n")
    with pytest.raises(SyncError, match=r"has no REMOTE_SETTING.ftp_server"):
        DownloadLogTool(config, here, "demo", "*").download_log()
    assert sorted(os.listdir(config.parent)) == ["here", "rla_config.yaml"]


def test_a_tool_that_is_copied_or_asked_for_other_names_says_what_it_has(config: Path, here: Path) -> None:
    tool = SendLogTool(config, here, "demo", "*")
    with pytest.raises(AttributeError, match=r"SendLogTool has no 'send_logs'. Did you mean 'send_log'\?"):
        tool.send_logs()
    with pytest.raises(AttributeError, match=r"SendLogTool has no 'x'. What it does is: send_log\."):
        _ = tool.x
    shutil.rmtree(here)
