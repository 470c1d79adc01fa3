"""What this user may not read is left out and named; the snapshot goes on."""

from __future__ import annotations

import json
import subprocess
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import pytest

AsNobody = Callable[..., "subprocess.CompletedProcess[str]"]

PROGRAM = """
root, data_root, ignore_files = sys.argv[1], sys.argv[2], sys.argv[3:]
os.makedirs(data_root + "/code/a")
snapshot = take_snapshot(Selection(root, names=["."], ignore_files=ignore_files), data_root, data_root + "/code/a")
print(json.dumps([snapshot.manifest.left_out, sorted(snapshot.manifest.files), snapshot.notice]))
"""


@pytest.fixture
def root(shared_folder: Path, make_files: Callable[[Path, Mapping[str, str | bytes]], None]) -> Path:
    make_files(shared_folder / "project", {"train.py": "train", "private.py": "", "private/a.py": "", "net/mlp.py": ""})
    (shared_folder / "data").mkdir()
    (shared_folder / "data").chmod(0o777)
    return shared_folder / "project"


def left_out_by(as_nobody: AsNobody, root: Path, *ignore_files: Path) -> Any:
    done = as_nobody(PROGRAM, root, root.parent / "data", *ignore_files)
    assert done.stderr == ""
    return json.loads(done.stdout)


def test_a_file_is_named_with_the_reason(as_nobody: AsNobody, root: Path) -> None:
    (root / "private.py").chmod(0o600)
    left_out, kept, notice = left_out_by(as_nobody, root)
    assert left_out == {"private.py": "Permission denied"}
    assert kept == ["net/mlp.py", "private/a.py", "train.py"]
    assert "'private.py': Permission denied" in notice


def test_a_folder_is_named_with_the_reason(as_nobody: AsNobody, root: Path) -> None:
    (root / "private").chmod(0o700)
    left_out, kept, _ = left_out_by(as_nobody, root)
    assert left_out == {"private/": "Permission denied"}
    assert kept == ["net/mlp.py", "private.py", "train.py"]


def test_an_ignore_file_is_named_with_the_reason(as_nobody: AsNobody, root: Path) -> None:
    (root / "rla.ignore").write_text("*.txt\n")
    (root / "rla.ignore").chmod(0o600)
    left_out, kept, _ = left_out_by(as_nobody, root, root / "rla.ignore")
    assert "rla.ignore" in left_out
    assert "train.py" in kept
