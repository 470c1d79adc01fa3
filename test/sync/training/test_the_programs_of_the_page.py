"""The programs of docs/sync.md that show what stands in a training script do what the page says."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
import yaml

from rla import exp_manager, logger
from rla.config import load_settings
from rla.sync.remote import remotes_of

PAGE = (Path(__file__).resolve().parents[3] / "docs" / "sync.md").read_text(encoding="utf-8")
SECTION = PAGE.partition("\n## In a training script")[2].partition("\n## ")[0]
LOOP, WAIT = re.findall(r"```python\n(.*?)```", SECTION, re.DOTALL)


def test_a_loop_that_sends_and_a_call_that_waits(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    remote = {"file_transfer_protocol": "local", "remote_data_root": str(tmp_path / "there"), "every": 0}
    config = {"LOG_USED": ["csv"], "SEND_LOG_FILE": True, "REMOTE_SETTING": remote}
    exp_manager.configure("demo_task", config, data_root=tmp_path / "data", code_root=tmp_path)
    exp_manager.log_files_gen()
    exec(LOOP.replace("...  # training", "logger.record_tabular('return', step)"), {**globals(), "logger": logger})
    exec(WAIT, globals())
    complete, moved, size, problems = capsys.readouterr().out.splitlines()[-1].split(maxsplit=3)
    assert (complete, problems) == ("True", "{}")
    assert int(moved) >= 0
    assert int(size) >= 0
    (rows,) = (tmp_path / "there").rglob("progress.csv")
    assert len(rows.read_text().splitlines()) == 1001
    exp_manager.finish()


def test_the_configuration_that_is_shown_names_the_main_node() -> None:
    section = PAGE.partition("\n## Set up")[2].partition("\n## ")[0]
    (text,) = re.findall(r"```yaml\n(.*?)```", section, re.DOTALL)
    (remote,) = remotes_of(load_settings(yaml.safe_load(text)))
    assert str(remote) == "sftp://agent@main.lab/srv/lab/data"
