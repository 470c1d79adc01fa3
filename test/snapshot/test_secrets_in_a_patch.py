"""A patch holds no secret of a configuration, neither the old one nor the new one; code is as it is."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from rla.snapshot.take import Snapshot

Git = Callable[..., bytes]
Keep = Callable[..., tuple[Snapshot, Path]]
Project = Callable[..., Path]


@pytest.fixture
def patch_of(project: Project, git: Git, keep: Keep) -> Callable[[str, str | bytes, str | bytes], str]:
    """Commit a file, change it, and return the patch."""

    def make(name: str, before: str | bytes, after: str | bytes) -> str:
        root = project({name: before, "train.py": "lr = 1\n"})
        git(root, "init", "-q")
        git(root, "add", "--all")
        git(root, "commit", "-q", "-m", "first")
        project({name: after, "train.py": "lr = 2\n"})
        _, code = keep(root)
        return (code / "uncommitted.patch").read_text(errors="surrogateescape")

    return make


PatchOf = Callable[[str, "str | bytes", "str | bytes"], str]


def test_old_and_new_values_are_masked(patch_of: PatchOf) -> None:
    patch = patch_of("a.yaml", "lr: 1\npassword: hunter2\n", "lr: 1\npassword: hunter3\n")
    assert "hunter" not in patch
    assert '-password: "***"\n+password: "***"\n' in patch
    assert "+lr = 2\n" in patch


def test_a_value_beside_a_change_is_masked(patch_of: PatchOf) -> None:
    patch = patch_of("a.json", '{\n"token": "hunter2",\n"lr": 1\n}\n', '{\n"token": "hunter2",\n"lr": 2\n}\n')
    assert "hunter" not in patch
    assert '-"lr": 1\n+"lr": 2\n' in patch


def test_a_line_in_the_middle_of_a_long_key_is_masked(patch_of: PatchOf) -> None:
    lines = [f"  hunter{number}\n" for number in range(30)]
    before = f"lr: 1\nprivate_key: |\n{''.join(lines)}env: a\n"
    patch = patch_of("a.yaml", before, before.replace("hunter15", "hunter-new"))
    assert "hunter" not in patch
    assert " env: a\n" in patch


def test_the_heading_of_a_hunk_tells_no_secret(patch_of: PatchOf) -> None:
    before = "password: hunter2\n" + "".join(f"- {number}\n" for number in range(20))
    assert "hunter" not in patch_of("a.yaml", before, before + "- 20\n")


def test_a_deleted_and_a_new_file_are_masked(project: Project, git: Git, keep: Keep) -> None:
    root = project({"old.yaml": "token: hunter2\n"})
    git(root, "init", "-q")
    git(root, "add", "--all")
    git(root, "commit", "-q", "-m", "first")
    (root / "old.yaml").unlink()
    (root / ".env").write_text("HF_TOKEN=hunter2\n")
    git(root, "add", "--all")
    snapshot, code = keep(root)
    patch = (code / "uncommitted.patch").read_text()
    assert "hunter" not in patch
    assert '-token: "***"\n' in patch
    assert "+HF_TOKEN=***\n" in patch
    assert snapshot.manifest.masked["uncommitted.patch"] == [".env: HF_TOKEN (line 1)", "old.yaml: token (line 1)"]


def test_bytes_that_are_no_text_and_line_ends_survive(patch_of: PatchOf) -> None:
    patch = patch_of("a.ini", b"a=\xe4\r\ntoken=hunter2\r\n", b"a=\xe4\xff\r\ntoken=hunter2\r\n")
    assert "hunter" not in patch
    assert "+a=\udce4\udcff\n" in patch or "+a=\udce4\udcff\r\n" in patch


def test_a_configuration_that_git_takes_for_binary_is_left_out_and_named(
    project: Project, git: Git, keep: Keep
) -> None:
    root = project({"a.yaml": "token: hunter2\n", ".gitattributes": "*.yaml binary\n"})
    git(root, "init", "-q")
    git(root, "add", "--all")
    git(root, "commit", "-q", "-m", "first")
    project({"a.yaml": "token: hunter3\n"})
    snapshot, _ = keep(root)
    assert "a.yaml: left out" in snapshot.manifest.left_out["uncommitted.patch"]


def test_code_is_not_masked(patch_of: PatchOf) -> None:
    patch = patch_of("net.py", "password = 'hunter2'\n", "password = 'hunter3'\n")
    assert "-password = 'hunter2'\n+password = 'hunter3'\n" in patch


def test_a_value_over_several_lines_of_which_one_changed_spoils_nothing(patch_of: PatchOf) -> None:
    before = "password: one\n  hunter2\nremote: {token: hunter2}\n"
    patch = patch_of("a.yaml", before, "password: one\n  hunter3\nremote: {token: hunter3}\n")
    assert "hunter" not in patch


def test_a_secret_of_a_configuration_that_became_a_link_is_masked(project: Project, git: Git, keep: Keep) -> None:
    root = project({"a.yaml": "token: hunter2\n", "b.json": '{"token": "hunter2"}\n'})
    git(root, "init", "-q")
    git(root, "add", "--all")
    git(root, "commit", "-q", "-m", "first")
    (root / "a.yaml").unlink()
    (root / "a.yaml").symlink_to("b.json")
    (root / "b.json").write_text('{"token": "hunter3"}\n')
    _, code = keep(root)
    patch = (code / "uncommitted.patch").read_text()
    assert "hunter" not in patch
    assert "b/b.json" in patch


def test_the_rest_of_a_patch_applies_where_a_secret_was_masked(
    project: Project, git: Git, keep: Keep, tmp_path: Path
) -> None:
    root = project({"a.yaml": "token: hunter2\nlr: 1\n", "train.py": "lr = 1\n"})
    git(root, "init", "-q")
    git(root, "add", "--all")
    git(root, "commit", "-q", "-m", "first")
    project({"a.yaml": "token: hunter2\nlr: 2\n", "train.py": "lr = 2\n"})
    _, code = keep(root)
    git(tmp_path, "clone", "-q", "--no-local", str(root), str(tmp_path / "clone"))
    git(tmp_path / "clone", "apply", "--exclude=*.yaml", str(code / "uncommitted.patch"))
    assert (tmp_path / "clone" / "train.py").read_text() == "lr = 2\n"


def test_code_that_is_named_like_variables_of_the_environment_is_in_the_patch(patch_of: PatchOf) -> None:
    patch = patch_of(".env.py", "password = 'hunter2'\n", "password = 'hunter3'\n")
    assert "-password = 'hunter2'\n+password = 'hunter3'\n" in patch
