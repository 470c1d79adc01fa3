"""However somebody has set up git, the patch is one that `git apply` takes."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from rla.snapshot.take import Snapshot

Git = Callable[..., bytes]
Keep = Callable[..., tuple[Snapshot, Path]]

SETTINGS = {
    "diff.noprefix": "true",
    "diff.mnemonicPrefix": "true",
    "diff.external": "echo hunter2",
    "color.ui": "always",
    "color.diff": "always",
    "diff.renames": "copies",
    "diff.context": "0",
    "diff.interHunkContext": "100",
    "diff.suppressBlankEmpty": "true",
    "diff.relative": "true",
    "diff.submodule": "log",
    "diff.ignoreSubmodules": "all",
    "diff.orderFile": "order.txt",
    "diff.wsErrorHighlight": "all",
    "diff.srcPrefix": "x/",
    "status.branch": "true",
    "status.showUntrackedFiles": "all",
    "core.quotePath": "false",
    "core.pager": "cat > pager.txt",
    "core.fsmonitor": "touch fsmonitor.txt; false",
}


@pytest.fixture
def repository(project: Callable[..., Path], git: Git) -> Path:
    contents = {"train.py": "a\n\nb\n" * 9, "é.py": "a\n", "a.yaml": "lr: 1\n\nenv: a\n", "order.txt": "*.yaml\n*.py\n"}
    root = project({**contents, "sub/b.json": "{}\n", "sub/.gitattributes": "*.py diff=upper\n", "sub/c.py": "a\n"})
    git(root, "init", "-q")
    git(root, "add", "--all")
    git(root, "commit", "-q", "-m", "first")
    project(
        {
            "train.py": "a\n\nb\n" * 4 + "c\n\n" + "a\n\nb\n" * 5,
            "é.py": "b\n",
            "a.yaml": "lr: 2\n\nenv: a\n",
            "sub/b.json": "[]\n",
        }
    )
    (root / "sub" / "c.py").write_text("b\n")
    return root


def is_made_again(repository: Path, code: Path, git: Git, tmp_path: Path) -> None:
    git(tmp_path, "clone", "-q", "--no-local", str(repository), str(tmp_path / "clone"))
    git(tmp_path / "clone", "apply", str(code / "uncommitted.patch"))
    for name in ("train.py", "é.py", "a.yaml", "sub/b.json", "sub/c.py"):
        assert (tmp_path / "clone" / name).read_text() == (repository / name).read_text()


@pytest.mark.parametrize(
    "setting",
    [
        *(setting for setting in SETTINGS if setting != "diff.context"),
        pytest.param(
            "diff.context",
        ),
    ],
)
def test_one_setting(repository: Path, keep: Keep, git: Git, tmp_path: Path, setting: str) -> None:
    git(repository, "config", setting, SETTINGS[setting])
    before = set(repository.iterdir())
    snapshot, code = keep(repository)
    assert snapshot.git is not None
    assert snapshot.git.dirty
    assert set(repository.iterdir()) == before
    is_made_again(repository, code, git, tmp_path)


def test_all_settings_together(repository: Path, keep: Keep, git: Git, tmp_path: Path) -> None:
    for setting, value in SETTINGS.items():
        git(repository, "config", setting, value)
    is_made_again(repository, keep(repository / "sub")[1], git, tmp_path)


def test_programs_of_attributes_are_not_run(repository: Path, keep: Keep, git: Git, tmp_path: Path) -> None:
    git(repository, "config", "diff.upper.textconv", "tr a-z A-Z <")
    git(repository, "config", "diff.upper.command", "touch ran.txt")
    _, code = keep(repository)
    assert not (repository / "ran.txt").exists()
    is_made_again(repository, code, git, tmp_path)


def test_a_variable_of_the_environment_does_not_spoil_it(
    repository: Path, keep: Keep, git: Git, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with monkeypatch.context() as patched:
        patched.setenv("GIT_EXTERNAL_DIFF", "echo")
        patched.setenv("GIT_PAGER", "less")
        _, code = keep(repository)
    is_made_again(repository, code, git, tmp_path)


def test_secrets_are_masked_where_empty_lines_are_left_empty(repository: Path, keep: Keep, git: Git) -> None:
    git(repository, "config", "diff.suppressBlankEmpty", "true")
    (repository / "a.yaml").write_text("lr: 2\n\npassword: |\n  hunter2\n\n  hunter3\nenv: a\n")
    assert "hunter" not in (keep(repository)[1] / "uncommitted.patch").read_text()


def test_a_variable_that_sets_the_context_does_not_spoil_it(
    repository: Path, keep: Keep, git: Git, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with monkeypatch.context() as patched:
        patched.setenv("GIT_DIFF_OPTS", "-u0")
        _, code = keep(repository)
    is_made_again(repository, code, git, tmp_path)


def test_a_variable_that_sets_the_context_lets_no_secret_through(
    repository: Path, keep: Keep, git: Git, monkeypatch: pytest.MonkeyPatch
) -> None:
    secret = "".join(f"  hunter{number}\n" for number in range(20))
    (repository / "a.yaml").write_text(f"private_key: |\n{secret}")
    git(repository, "commit", "-q", "-a", "-m", "second")
    (repository / "a.yaml").write_text(f"private_key: |\n{secret}".replace("hunter9", "hunter-new"))
    monkeypatch.setenv("GIT_DIFF_OPTS", "-u0")
    assert "hunter" not in (keep(repository)[1] / "uncommitted.patch").read_text()
