"""Links inside a project work in its snapshot too; those that lead anywhere else are left out and named."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path

import pytest

from rla.snapshot.take import Snapshot

Project = Callable[..., Path]
Keep = Callable[..., tuple[Snapshot, Path]]


@pytest.fixture
def root(project: Project, tmp_path: Path) -> Path:
    (tmp_path / "outside").mkdir()
    (tmp_path / "outside" / "secret.py").write_text("secret")
    return project({"train.py": "train", "net/mlp.py": "mlp", "net/deep/a.py": "a", "weights/a.bin": "a"})


def test_a_relative_link_works_in_the_snapshot(root: Path, keep: Keep) -> None:
    (root / "net" / "main.py").symlink_to("../train.py")
    snapshot, code = keep(root)
    assert snapshot.manifest.links == {"net/main.py": "../train.py"}
    assert (code / "net" / "main.py").read_text() == "train"


def test_an_absolute_link_becomes_relative(root: Path, keep: Keep) -> None:
    (root / "net" / "deep" / "main.py").symlink_to(root / "train.py")
    _, code = keep(root)
    assert os.readlink(code / "net" / "deep" / "main.py") == "../../train.py"
    assert (code / "net" / "deep" / "main.py").resolve() == (code / "train.py").resolve()


def test_a_link_to_a_folder_stays_one(root: Path, keep: Keep) -> None:
    (root / "model").symlink_to(root / "net" / "deep")
    _, code = keep(root)
    assert os.readlink(code / "model") == "net/deep"
    assert (code / "model" / "a.py").read_text() == "a"


def test_a_link_to_a_link_leads_to_the_same_file(root: Path, keep: Keep) -> None:
    (root / "first.py").symlink_to("second.py")
    (root / "second.py").symlink_to(root / "net" / "mlp.py")
    _, code = keep(root)
    assert (code / "first.py").read_text() == (code / "second.py").read_text() == "mlp"


def test_a_link_to_the_folder_that_it_is_in_goes_in_no_circle(root: Path, keep: Keep) -> None:
    (root / "net" / "again").symlink_to("../net")
    snapshot, code = keep(root)
    assert os.readlink(code / "net" / "again") == "."
    assert set(snapshot.manifest.files) == {"train.py", "net/mlp.py", "net/deep/a.py", "weights/a.bin"}


@pytest.mark.parametrize(
    "destination",
    [
        *("../outside/secret.py", "../outside", "nowhere.py", "link", "/etc/passwd", "/", "..", "net/../../outside"),
        *("weights/a.bin", "weights", ".git", ".git/config", "/dev/null"),
    ],
)
def test_a_link_to_what_is_not_in_the_snapshot_is_left_out_and_named(root: Path, keep: Keep, destination: str) -> None:
    (root / ".git").mkdir()
    (root / ".git" / "config").write_text("")
    (root / "rla.ignore").write_text("weights\n*.ignore\n")
    (root / "link").symlink_to(destination)
    snapshot, code = keep(root, ignore_files=[str(root / "rla.ignore")])
    assert not os.path.lexists(code / "link")
    assert f"'{destination}'" in snapshot.manifest.left_out["link"]
    assert set(snapshot.manifest.files) == {"train.py", "net/mlp.py", "net/deep/a.py"}


def test_a_link_to_an_absolute_path_outside_is_left_out(root: Path, keep: Keep, tmp_path: Path) -> None:
    (root / "link.py").symlink_to(tmp_path / "outside" / "secret.py")
    (root / "folder").symlink_to(tmp_path / "outside")
    snapshot, code = keep(root, names=[".", "link.py", "folder", "folder/secret.py"])
    assert set(snapshot.manifest.left_out) == {"link.py", "folder", "folder/secret.py"}
    assert "secret" not in [path.read_text() for path in code.rglob("*") if path.is_file()]


def test_links_in_a_circle_are_left_out(root: Path, keep: Keep) -> None:
    (root / "a").symlink_to("b")
    (root / "b").symlink_to("a")
    assert set(keep(root)[0].manifest.left_out) == {"a", "b"}


def test_a_listed_link_that_leads_nowhere_is_left_out(root: Path, keep: Keep) -> None:
    (root / "link.py").symlink_to("nowhere.py")
    assert keep(root, names=["link.py"])[0].manifest.left_out == {"link.py": "it leads nowhere"}


def test_a_listed_link_to_a_file_is_kept_with_its_content(root: Path, keep: Keep) -> None:
    (root / "link.py").symlink_to("net/mlp.py")
    assert (keep(root, names=["link.py"])[1] / "link.py").read_text() == "mlp"


def test_a_listed_link_to_a_file_is_kept_beside_its_target(root: Path, keep: Keep) -> None:
    (root / "link.py").symlink_to("net/mlp.py")
    _, code = keep(root, names=[".", "link.py"])
    assert (code / "link.py").read_text() == (code / "net" / "mlp.py").read_text() == "mlp"


def test_a_link_that_has_a_name_of_rla_is_left_out(root: Path, keep: Keep) -> None:
    (root / ".snapshot.json").symlink_to("train.py")
    snapshot, _ = keep(root)
    assert set(snapshot.manifest.left_out) == {".snapshot.json"}


def test_a_snapshot_that_was_moved_has_links_that_work(root: Path, keep: Keep, tmp_path: Path) -> None:
    (root / "model").symlink_to(root / "net")
    _, code = keep(root)
    code.rename(tmp_path / "moved")
    assert (tmp_path / "moved" / "model" / "mlp.py").read_text() == "mlp"
