"""A machine that dies while it sends an experiment leaves parts of files on the main node; a check removes old ones."""

from __future__ import annotations

import os
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from rla.experiment.fsck import check_data_root_files
from rla.sync.transport import part_of

WEEK = 7 * 24 * 3600


@pytest.fixture
def parts(data_root: Path, experiment: Callable[..., Path]) -> list[Path]:
    """A part that waits for its rest since yesterday, and one since ten days, of a run of another host."""
    log_dir = experiment("13-05-01-000001", lr=0.1, card={"host": "gpu1", "heartbeat": 1.0})
    folder = data_root / "checkpoint" / log_dir.relative_to(data_root / "log") / "deep"
    folder.mkdir(parents=True)
    made = []
    for identity, age in (("new", WEEK / 7), ("old", WEEK + 3 * 24 * 3600)):
        path = Path(part_of(str(folder / "weights.pt"), identity))
        path.write_bytes(b"half")
        os.utime(path, (time.time() - age,) * 2)
        made.append(path)
    return made


def test_old_parts_are_found_and_removed(data_root: Path, parts: list[Path]) -> None:
    (finding,) = check_data_root_files(data_root).findings
    assert finding.problem == "1 part(s) of files that another machine never sent whole"
    assert all(path.exists() for path in parts)
    assert [each.repaired for each in check_data_root_files(data_root, repair=True).findings] == [True]
    assert [path.exists() for path in parts] == [True, False]
    assert check_data_root_files(data_root).findings == []
