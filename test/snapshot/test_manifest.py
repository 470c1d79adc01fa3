"""The manifest of a snapshot can be read back; one that is damaged or means harm is none."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rla.snapshot.manifest import Manifest, read_manifest
from rla.snapshot.take import Snapshot

Keep = Callable[..., tuple[Snapshot, Path]]
Project = Callable[..., Path]

texts = st.dictionaries(st.text(st.characters(exclude_categories=())), st.text(), max_size=3)
GOOD: dict[str, Any] = {"schema": 1, "selection": {}, "files": {"a.py": "0-444"}, "links": {}, "masked": {}}


def written(folder: Path, content: Any) -> Path:
    (folder / ".snapshot.json").write_text(content if isinstance(content, str) else json.dumps(content))
    return folder


@given(files=texts, links=texts, masked=st.dictionaries(st.text(), st.lists(st.text()), max_size=2), left_out=texts)
def test_a_manifest_is_ascii_and_comes_back(
    tmp_path_factory: pytest.TempPathFactory, files: Any, links: Any, masked: Any, left_out: Any
) -> None:
    inside = [{f"./{path.replace('..', '')}": value for path, value in paths.items()} for paths in (files, links)]
    manifest = Manifest({"names": ["."]}, inside[0], inside[1], masked, left_out)
    folder = written(tmp_path_factory.mktemp("code"), manifest.encoded().decode("ascii"))
    assert read_manifest(folder) == manifest


def test_one_of_a_snapshot_comes_back(project: Project, keep: Keep) -> None:
    root = project({"a.py": "1", "b.yaml": "token: x"})
    (root / "link").symlink_to("a.py")
    snapshot, code = keep(root, names=[".", "nowhere"], ignore_files=[], single_files=[])
    assert read_manifest(code) == snapshot.manifest
    assert snapshot.manifest.masked == {"b.yaml": ["token (line 1)"]}
    assert snapshot.manifest.selection["code_root"] == str(root)


def test_unknown_fields_are_accepted(tmp_path: Path) -> None:
    manifest = read_manifest(written(tmp_path, {**GOOD, "schema": 2, "new": [1]}))
    assert manifest == Manifest(files={"a.py": "0-444"})


def test_missing_fields_are_empty(tmp_path: Path) -> None:
    assert read_manifest(written(tmp_path, {})) == Manifest()


@pytest.mark.parametrize(
    "content",
    [
        *("", "{", "[]", "null", "3", '"a"', "[" * 100_000, '{"files": [', '{"files": NaN}'),
        *({**GOOD, "files": value} for value in (None, [], "a", 3, {"a": 3}, {"a": None}, {"a": ["0-444"]})),
        *({**GOOD, "links": value} for value in (None, [["a", "b"]], {"a": {}}, {"a": False})),
        *({**GOOD, name: [1]} for name in ("selection", "masked", "left_out")),
        *({**GOOD, "files": {path: "0-444"}} for path in ("/etc/passwd", "../a", "a/../../b", "..", "a/..")),
        *({**GOOD, "links": {path: "a"}} for path in ("/etc/passwd", "../a", "a/../../b")),
    ],
)
def test_a_damaged_or_hostile_one_is_none(tmp_path: Path, content: Any) -> None:
    assert read_manifest(written(tmp_path, content)) is None


def test_one_that_is_no_text_is_none(tmp_path: Path) -> None:
    (tmp_path / ".snapshot.json").write_bytes(b"\xff\xfe\x00")
    assert read_manifest(tmp_path) is None


def test_a_folder_without_one_has_none(tmp_path: Path) -> None:
    assert read_manifest(tmp_path) is None
    assert read_manifest(tmp_path / "nowhere") is None


@pytest.mark.parametrize(
    "path",
    [
        *(pytest.param(path) for path in ("a\0b", "\ud800")),
        "a" * 10_000,
    ],
)
def test_a_path_that_no_system_has_is_told_as_a_change(tmp_path: Path, path: str) -> None:
    manifest = read_manifest(written(tmp_path, {**GOOD, "files": {path: "0-444"}}))
    assert manifest is None or set(manifest.changed(tmp_path)) == {path}


@pytest.mark.parametrize(
    "wrong", [{"masked": {"a": 3}}, {"left_out": {"a": 3}}, {"masked": {"a": [3]}}, {"left_out": {"a": None}}]
)
def test_one_whose_texts_are_no_texts_is_none(tmp_path: Path, wrong: dict[str, Any]) -> None:
    assert read_manifest(written(tmp_path, {**GOOD, **wrong})) is None


def test_equal_code_has_one_digest(project: Project, keep: Keep, tmp_path: Path) -> None:
    root = project({"a.py": "1", "net/b.py": "2"})
    (root / "link").symlink_to(root / "a.py")
    first, _ = keep(root)
    root.rename(tmp_path / "moved")
    (tmp_path / "moved" / "link").unlink()
    (tmp_path / "moved" / "link").symlink_to("a.py")
    second, _ = keep(tmp_path / "moved", names=["a.py", "net", ".", "nowhere"], largest=1 << 25)
    assert first.manifest.digest == second.manifest.digest
    assert len(first.manifest.digest) == 16


CHANGES: dict[str, Callable[[Path], object]] = {
    "a content": lambda root: (root / "a.py").write_text("2"),
    "a name": lambda root: (root / "a.py").rename(root / "b.py"),
    "a new file": lambda root: (root / "b.py").write_text("1"),
    "an empty file": lambda root: (root / "b.py").write_text(""),
    "a file less": lambda root: (root / "a.py").unlink(),
    "a link": lambda root: (root / "b.py").symlink_to("a.py"),
}


@pytest.mark.parametrize("change", CHANGES)
def test_other_code_has_another_digest(project: Project, keep: Keep, change: str) -> None:
    root = project({"a.py": "1", "net/c.py": "2"})
    first, _ = keep(root)
    CHANGES[change](root)
    assert keep(root)[0].manifest.digest != first.manifest.digest


def test_the_patch_does_not_count(project: Project, keep: Keep, git: Callable[..., bytes]) -> None:
    root = project({"a.py": "1", "other/b.py": "2"})
    git(root, "init", "-q")
    git(root, "add", "--all")
    git(root, "commit", "-q", "-m", "first")
    first, _ = keep(root, names=["a.py"])
    project({"other/b.py": "3"})
    second, _ = keep(root, names=["a.py"])
    assert "uncommitted.patch" in second.manifest.files
    assert first.manifest.digest == second.manifest.digest
