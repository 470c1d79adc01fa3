"""`make_directories` makes a folder although somebody removes empty folders above it in that moment."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from rla import files


def test_folders_above_that_vanish_meanwhile(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    day = tmp_path / "log" / "task" / "2026" / "11" / "20"
    mkdir, vanished = os.mkdir, []

    def just_before(path: str, mode: int = 0o777) -> None:
        above = Path(path).parent
        if above not in (tmp_path, *vanished):
            vanished.append(above)
            above.rmdir()
        mkdir(path, mode)

    monkeypatch.setattr(os, "mkdir", just_before)
    files.make_directories(day)
    assert day.is_dir()
    assert vanished == [day.parents[number] for number in (3, 2, 1, 0)]


def test_a_way_that_leads_nowhere_is_told(tmp_path: Path) -> None:
    (tmp_path / "link").symlink_to("nowhere/at/all")
    with pytest.raises(OSError, match="No such file"):
        files.make_directories(tmp_path / "link" / "inside")
    (tmp_path / "file").write_text("x")
    with pytest.raises(NotADirectoryError):
        files.make_directories(tmp_path / "file" / "inside")
