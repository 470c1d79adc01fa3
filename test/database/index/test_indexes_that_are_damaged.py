"""An index is a cache: whatever happens to its file, the answer is right, and people are told."""

from __future__ import annotations

import os
import sqlite3
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from rla.database.index.index import Index
from rla.database.index.store import VERSION
from rla.query.rows import read_rows

Known = Callable[[], dict[str, dict[str, Any]]]
FIRST, SECOND = "13-05-01-000001", "13-05-02-000002"


@pytest.fixture
def path(experiment: Callable[..., Path], data_root: Path) -> Path:
    """The file of an index that knows two experiments, and that nobody has open."""
    experiment(FIRST)
    experiment(SECOND)
    index = Index(data_root, read_rows)
    index.refresh()
    assert index.path is not None
    return index.path


def overwrite(path: Path, begin: int, content: bytes) -> None:
    with open(path, "r+b") as stream:
        stream.seek(begin)
        stream.write(content)


def damages() -> Iterator[Any]:
    yield pytest.param(lambda path: path.write_bytes(b"no database at all" * 100), id="other content")
    yield pytest.param(lambda path: path.write_bytes(b"SQLite format 3\0" + b"\xff" * 5000), id="a head alone")
    yield pytest.param(lambda path: os.truncate(path, path.stat().st_size // 2), id="cut")
    yield pytest.param(
        lambda path: overwrite(path, 4096, b"\xff" * (path.stat().st_size - 4096)), id="all pages but one"
    )
    yield pytest.param(lambda path: change(path, f"PRAGMA user_version = {VERSION + 1}"), id="a newer version")
    yield pytest.param(lambda path: change(path, "DROP TABLE experiment"), id="a table is missing")
    yield pytest.param(lambda path: change(path, "UPDATE detail SET facts = x'7b7b'"), id="damaged documents")


def change(path: Path, statement: str) -> None:
    connection = sqlite3.connect(path)
    connection.execute(statement)
    connection.commit()
    connection.close()


@pytest.mark.parametrize("damage", list(damages()))
def test_it_is_built_again_and_told_of(
    damage: Callable[[Path], object], path: Path, index: Index, known: Known, said: list[str]
) -> None:
    damage(path)
    index.refresh()
    assert list(known()) == [FIRST, SECOND]
    (text,) = said
    assert str(path) in text
    assert "built again" in text


@pytest.mark.parametrize("damage", list(damages()))
def test_a_question_without_a_refresh_is_answered_too(
    damage: Callable[[Path], object], path: Path, known: Known, said: list[str]
) -> None:
    damage(path)
    assert list(known()) == [FIRST, SECOND]
    assert len(said) == 1


def test_it_can_be_deleted_at_any_time(path: Path, index: Index, known: Known) -> None:
    path.unlink()
    index.refresh()
    assert list(known()) == [FIRST, SECOND]


def test_it_may_be_an_empty_file(path: Path, index: Index, known: Known) -> None:
    for suffix in ("-wal", "-shm"):
        Path(f"{path}{suffix}").unlink(missing_ok=True)
    path.write_bytes(b"")
    index.refresh()
    assert list(known()) == [FIRST, SECOND]


@pytest.mark.skipif(os.geteuid() == 0, reason="root writes everywhere")
def test_a_cache_that_cannot_be_written(experiment: Callable[..., Path], path: Path, said: list[str]) -> None:
    path.chmod(0o400)
    path.parent.chmod(0o500)
    try:
        assert len(Index(path, read_rows).ask(lambda store: store.select("1"))) == 2
    finally:
        path.parent.chmod(0o700)
    assert "in memory" in said[0]


@pytest.mark.parametrize("obstacle", ["a file", "a folder at its place", "no folder at all"])
def test_without_a_place_it_is_kept_in_memory(
    obstacle: str,
    experiment: Callable[..., Path],
    data_root: Path,
    tmp_path: Path,
    said: list[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    cache = tmp_path / "cache"
    monkeypatch.setenv("RLA_CACHE", str(cache))
    if obstacle == "a file":
        cache.write_text("mine")
    elif obstacle == "a folder at its place":
        path = Index(data_root, read_rows).path
        assert path is not None
        path.mkdir()
    else:
        monkeypatch.setenv("RLA_CACHE", "/dev/full/cache")
    experiment(FIRST)
    index = Index(data_root, read_rows)
    index.refresh()
    experiment(SECOND)
    index.refresh()
    assert [row[3][:15] for row in index.ask(lambda store: store.select("1"))] == [FIRST, SECOND]
    assert len(said) == (obstacle == "a folder at its place")
