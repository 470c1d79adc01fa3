"""Two users of the machine keep their code in one data root, whatever its permissions are; both snapshots are whole."""

from __future__ import annotations

import json
import os
import stat
import subprocess
from collections.abc import Callable, Mapping
from pathlib import Path

import pytest

from rla.snapshot.selection import Selection
from rla.snapshot.store import CodeStore
from rla.snapshot.take import take_snapshot

AsNobody = Callable[..., "subprocess.CompletedProcess[str]"]
CONTENTS = {"train.py": "x = 1\n" * 100, "net/mlp.py": "y = 2\n" * 100, "a.py": "1"}
PROGRAM = """
root, data_root, number = sys.argv[1:]
code_dir = f"{data_root}/code/{number}"
os.makedirs(code_dir)
snapshot = take_snapshot(Selection(root, names=["."]), data_root, code_dir)
read = {name: open(f"{code_dir}/{name}").read() for name in snapshot.manifest.files}
print(json.dumps([read, snapshot.manifest.left_out]))
"""


@pytest.fixture
def root(shared_folder: Path, make_files: Callable[[Path, Mapping[str, str | bytes]], None]) -> Path:
    make_files(shared_folder / "project", CONTENTS)
    return shared_folder / "project"


@pytest.fixture
def shared_root(shared_folder: Path) -> Path:
    (shared_folder / "data" / "code").mkdir(parents=True)
    for folder in ("data", "data/code"):
        (shared_folder / folder).chmod(0o777)
    return shared_folder / "data"


def kept_by_us(root: Path, data_root: Path, number: str) -> Path:
    code_dir = data_root / "code" / number
    code_dir.mkdir()
    take_snapshot(Selection(str(root), names=["."]), data_root, code_dir)
    assert {name: (code_dir / name).read_text() for name in CONTENTS} == CONTENTS
    return code_dir


def is_kept_by_the_other(done: subprocess.CompletedProcess[str]) -> None:
    assert done.stderr == ""
    assert json.loads(done.stdout) == [CONTENTS, {}]


def test_the_other_comes_second_to_a_store_that_is_closed_to_it(
    as_nobody: AsNobody, root: Path, shared_root: Path
) -> None:
    kept_by_us(root, shared_root, "1")
    is_kept_by_the_other(as_nobody(PROGRAM, root, shared_root, 2))
    is_kept_by_the_other(as_nobody(PROGRAM, root, shared_root, 3))


def test_the_other_comes_second_to_a_store_that_is_open_to_it(
    as_nobody: AsNobody, root: Path, shared_root: Path
) -> None:
    kept_by_us(root, shared_root, "1")
    (shared_root / ".rla" / "objects").chmod(0o777)
    is_kept_by_the_other(as_nobody(PROGRAM, root, shared_root, 2))
    (root / "train.py").write_text(CONTENTS["train.py"] + "changed")
    done = as_nobody(PROGRAM, root, shared_root, 3)
    assert json.loads(done.stdout)[0]["train.py"].endswith("changed")


def test_the_other_comes_second_to_a_store_that_it_cannot_look_into(
    as_nobody: AsNobody, root: Path, shared_root: Path
) -> None:
    kept_by_us(root, shared_root, "1")
    (shared_root / ".rla").chmod(0o700)
    is_kept_by_the_other(as_nobody(PROGRAM, root, shared_root, 2))


def test_the_other_comes_second_to_bodies_that_it_cannot_read(
    as_nobody: AsNobody, root: Path, shared_root: Path
) -> None:
    before = os.umask(0o077)
    try:
        kept_by_us(root, shared_root, "1")
    finally:
        os.umask(before)
    (shared_root / ".rla").chmod(0o777)
    (shared_root / ".rla" / "objects").chmod(0o777)
    is_kept_by_the_other(as_nobody(PROGRAM, root, shared_root, 2))


def test_the_other_comes_first(as_nobody: AsNobody, root: Path, shared_root: Path) -> None:
    is_kept_by_the_other(as_nobody(PROGRAM, root, shared_root, 1))
    is_kept_by_the_other(as_nobody(PROGRAM, root, shared_root, 2))
    assert os.path.samefile(shared_root / "code" / "1" / "train.py", shared_root / "code" / "2" / "train.py")
    kept_by_us(root, shared_root, "3")


def test_a_private_file_stays_private_to_its_user(as_nobody: AsNobody, root: Path, shared_root: Path) -> None:
    (root / "train.py").chmod(0o600)
    code_dir = kept_by_us(root, shared_root, "1")
    assert stat.S_IMODE((code_dir / "train.py").stat().st_mode) == 0o400
    done = as_nobody("open(sys.argv[1])", code_dir / "train.py")
    assert "PermissionError" in done.stderr


def test_the_garbage_of_a_store_that_is_closed_to_the_other_stays_and_ends_nothing(
    as_nobody: AsNobody, root: Path, shared_root: Path
) -> None:
    code_dir = kept_by_us(root, shared_root, "1")
    (code_dir / "train.py").unlink()
    done = as_nobody("print(CodeStore(sys.argv[1]).collect_garbage().bodies)", shared_root)
    assert done.stdout == "0\n"
    assert CodeStore(shared_root).garbage().bodies == 1
