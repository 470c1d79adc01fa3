"""What is not committed is kept as a patch: on a fresh clone of the commit it makes the working tree again."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Callable, Mapping
from pathlib import Path

import pytest

from rla.snapshot.take import Snapshot

Git = Callable[..., bytes]
Keep = Callable[..., tuple[Snapshot, Path]]
Change = Callable[[Path], object]

COMMITTED: Mapping[str, str | bytes] = {
    "train.py": "".join(f"line {number}\n" for number in range(40)),
    "net/mlp.py": "password = 'hunter2'\n",
    "no end.txt": "no line end",
    "grüße \"x\" 'y'.py": "a\n",
    "weights.bin": bytes(range(256)) * 4,
    "run.sh": "#!/bin/sh\n",
    "a.yaml": "lr: 1\nenv: a\n",
    "b.json": '{"lr": 1}\n',
    "empty.txt": "",
    "crlf.txt": "a\r\nb\r\n",
}


@pytest.fixture
def repository(project: Callable[..., Path], git: Git) -> Path:
    root = project(COMMITTED)
    (root / "link").symlink_to("train.py")
    git(root, "init", "-q", "-b", "main")
    git(root, "add", "--all")
    git(root, "commit", "-q", "-m", "first")
    return root


def tree(folder: Path) -> dict[str, tuple[str | bytes, bool]]:
    """Return all that git would keep of a folder: path → content, and whether it can be executed."""
    found: dict[str, tuple[str | bytes, bool]] = {}
    for path in folder.rglob("*"):
        name = str(path.relative_to(folder))
        if not name.startswith(".git/") and (path.is_symlink() or path.is_file()):
            content = os.readlink(path) if path.is_symlink() else path.read_bytes()
            found[name] = (content, not path.is_symlink() and bool(path.stat().st_mode & 0o100))
    return found


def is_made_again(repository: Path, taken: tuple[Snapshot, Path], git: Git, tmp_path: Path) -> None:
    snapshot, code = taken
    assert snapshot.git is not None
    clone = tmp_path / "clone"
    git(tmp_path, "clone", "-q", "--no-local", str(repository), str(clone))
    git(clone, "checkout", "-q", snapshot.git.commit)
    git(clone, "apply", str(code / "uncommitted.patch"))
    assert tree(clone) == tree(repository)


CHANGES: dict[str, Change] = {
    "lines": lambda root: (root / "train.py").write_text("first\n" + str(COMMITTED["train.py"]) + "last"),
    "lines at both ends of a line without end": lambda root: (root / "no end.txt").write_text("a\nno line end\nb"),
    "nothing left": lambda root: (root / "train.py").write_text(""),
    "a file that was empty": lambda root: (root / "empty.txt").write_text("a"),
    "a binary file": lambda root: (root / "weights.bin").write_bytes(bytes(range(255, -1, -1)) * 5),
    "a deleted file": lambda root: (root / "net" / "mlp.py").unlink(),
    "a mode": lambda root: (root / "run.sh").chmod(0o755),
    "a mode of a configuration": lambda root: (root / "a.yaml").chmod(0o755),
    "a name": lambda root: (root / "grüße \"x\" 'y'.py").write_text("changed\n"),
    "a link": lambda root: ((root / "link").unlink(), (root / "link").symlink_to("net")),
    "a link that became a file": lambda root: ((root / "link").unlink(), (root / "link").write_text("file\n")),
    "a file that became a link": lambda root: ((root / "run.sh").unlink(), (root / "run.sh").symlink_to("a")),
    "a configuration": lambda root: (root / "a.yaml").write_text("lr: 2\nenv: a\n"),
    "two configurations": lambda root: [
        (root / name).write_text(text) for name, text in (("a.yaml", "lr: 2"), ("b.json", "{}"))
    ],
    "a deleted configuration": lambda root: (root / "b.json").unlink(),
    "line ends": lambda root: (root / "crlf.txt").write_bytes(b"a\r\nc\r\n\r\nd"),
    "bytes that are no text": lambda root: (root / "run.sh").write_bytes(b"\xff\xfe\n\xe4\n"),
}


@pytest.mark.parametrize("change", [change for change in CHANGES if change != "a deleted configuration"])
def test_a_change_is_made_again(repository: Path, keep: Keep, git: Git, tmp_path: Path, change: str) -> None:
    CHANGES[change](repository)
    is_made_again(repository, keep(repository), git, tmp_path)


def test_a_configuration_that_is_deleted_is_deleted_again(
    repository: Path, keep: Keep, git: Git, tmp_path: Path
) -> None:
    CHANGES["a deleted configuration"](repository)
    is_made_again(repository, keep(repository), git, tmp_path)


@pytest.mark.parametrize(
    "command",
    [
        ["mv", "train.py", "net/train 2.py"],
        pytest.param(
            ["mv", "a.yaml", "net/b.yaml"],
        ),
        ["rm", "-q", "weights.bin"],
        ["mv", "net", "größe"],
        ["update-index", "--chmod=+x", "train.py"],
    ],
)
def test_what_is_staged_is_made_again(
    repository: Path, keep: Keep, git: Git, tmp_path: Path, command: list[str]
) -> None:
    git(repository, *command)
    if command[0] == "update-index":
        (repository / "train.py").chmod(0o755)
    is_made_again(repository, keep(repository), git, tmp_path)


def test_new_files_that_are_staged_are_made_again(repository: Path, keep: Keep, git: Git, tmp_path: Path) -> None:
    for name, content in {"new.py": b"a\n", "new.bin": bytes(range(256)), "new.yaml": b"lr: 1\n", "é/n": b""}.items():
        (repository / name).parent.mkdir(exist_ok=True)
        (repository / name).write_bytes(content)
    git(repository, "add", "--all")
    (repository / "new.py").write_text("a\nchanged after that\n")
    is_made_again(repository, keep(repository), git, tmp_path)


def test_all_changes_together_are_made_again(repository: Path, keep: Keep, git: Git, tmp_path: Path) -> None:
    for change in ("lines", "a binary file", "a deleted file", "a mode", "two configurations", "line ends", "a name"):
        CHANGES[change](repository)
    is_made_again(repository, keep(repository), git, tmp_path)


def test_the_whole_repository_counts_also_from_a_folder_of_it(
    repository: Path, keep: Keep, git: Git, tmp_path: Path
) -> None:
    CHANGES["lines"](repository)
    CHANGES["a configuration"](repository)
    is_made_again(repository, keep(repository / "net"), git, tmp_path)


def test_a_configuration_that_became_a_link_is_made_again(
    repository: Path, keep: Keep, git: Git, tmp_path: Path
) -> None:
    (repository / "a.yaml").unlink()
    (repository / "a.yaml").symlink_to("b.json")
    (repository / "b.json").write_text('{"lr": 2}\n')
    is_made_again(repository, keep(repository), git, tmp_path)


def test_a_clean_repository_has_no_patch(repository: Path, keep: Keep) -> None:
    snapshot, code = keep(repository)
    assert not (code / "uncommitted.patch").exists()
    assert "uncommitted.patch" not in snapshot.manifest.files


def test_a_staged_change_that_was_taken_back_leaves_no_empty_patch(repository: Path, keep: Keep, git: Git) -> None:
    (repository / "train.py").write_text("changed\n")
    git(repository, "add", "--all")
    (repository / "train.py").write_text(str(COMMITTED["train.py"]))
    _, code = keep(repository)
    assert not (code / "uncommitted.patch").exists()


def test_before_the_first_commit_there_is_nothing_to_compare_with(tmp_path: Path, keep: Keep, git: Git) -> None:
    root = tmp_path / "new"
    root.mkdir()
    (root / "train.py").write_text("a\n")
    git(root, "init", "-q")
    git(root, "add", "--all")
    snapshot, code = keep(root)
    assert "no commit" in snapshot.manifest.left_out["uncommitted.patch"]
    assert not (code / "uncommitted.patch").exists()


@pytest.mark.parametrize(
    "name",
    [
        "train.py",
        pytest.param(
            "a.yaml",
        ),
    ],
)
def test_a_patch_that_is_too_large_is_left_out_and_named(repository: Path, keep: Keep, name: str) -> None:
    (repository / name).write_text("a: 1\n" * 300_000)
    snapshot, code = keep(repository, names=["run.sh"], largest=1 << 20)
    assert "larger than 1 MiB" in snapshot.manifest.left_out["uncommitted.patch"]
    assert snapshot.notice is not None
    assert not (code / "uncommitted.patch").exists()
    assert (code / "run.sh").exists()


def test_a_configuration_that_is_too_large_is_named_beside_a_patch(repository: Path, keep: Keep) -> None:
    CHANGES["lines"](repository)
    (repository / "a.yaml").write_text("a: 1\n" * 300_000)
    snapshot, code = keep(repository, names=["run.sh"], largest=1 << 20)
    assert b"train.py" in (code / "uncommitted.patch").read_bytes()
    told = [*snapshot.manifest.left_out, *snapshot.manifest.masked.get("uncommitted.patch", [])]
    assert any("a.yaml" in text or "patch" in text for text in told)


def test_a_conflict_does_not_end_the_snapshot(repository: Path, keep: Keep, git: Git) -> None:
    git(repository, "switch", "-q", "-c", "other")
    (repository / "train.py").write_text("theirs\n")
    git(repository, "commit", "-q", "-a", "-m", "theirs")
    git(repository, "switch", "-q", "main")
    (repository / "train.py").write_text("ours\n")
    git(repository, "commit", "-q", "-a", "-m", "ours")
    git(repository, "merge", "-q", "other", ends_with=(1,))
    snapshot, code = keep(repository)
    assert snapshot.git is not None
    assert snapshot.git.dirty
    assert "<<<<<<<" in (code / "train.py").read_text()
    done = subprocess.run(["git", "apply", "--stat", code / "uncommitted.patch"], cwd=repository, check=False)
    assert done.returncode == 0
