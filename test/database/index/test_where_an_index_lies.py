"""The index lies on a disk of this machine, in a folder of this user, one file for each data root."""

from __future__ import annotations

import os
import stat
from pathlib import Path

import pytest

from rla import files, mounts
from rla.database.index import location
from rla.database.index.location import index_path


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.delenv("RLA_CACHE")
    monkeypatch.delenv("XDG_CACHE_HOME", raising=False)
    monkeypatch.setenv("HOME", str(tmp_path / "home"))
    monkeypatch.setattr(location.tempfile, "gettempdir", lambda: str(tmp_path / "temporary"))
    return tmp_path / "home"


def test_in_the_folder_for_caches(home: Path, data_root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    found = index_path(data_root)
    assert found is not None
    assert found.parent == home / ".cache" / "rla"
    assert stat.S_IMODE(found.parent.stat().st_mode) == 0o700
    monkeypatch.setenv("XDG_CACHE_HOME", str(home / "other"))
    assert index_path(data_root) == home / "other" / "rla" / found.name


def test_one_for_each_data_root_by_whatever_path(home: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("one/data", "two/data"):
        (tmp_path / name).mkdir(parents=True)
    (tmp_path / "link").symlink_to(tmp_path / "one")
    monkeypatch.chdir(tmp_path)
    assert index_path(Path("one/data")) == index_path(tmp_path / "one" / "data") == index_path(Path("link/data"))
    assert index_path(Path("one/data")) != index_path(Path("two/data"))


def test_not_on_a_network_file_system(
    home: Path, tmp_path: Path, data_root: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    mounted = [mounts.Mount("/", "ext4", ()), mounts.Mount(str(home), "nfs4", ())]
    monkeypatch.setattr(mounts, "_mounts", lambda: mounted)
    found = index_path(data_root)
    assert found is not None
    assert found.parent == tmp_path / "temporary" / f"rla-{os.getuid()}"


def test_not_in_a_folder_of_somebody_else(home: Path, data_root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(files.os, "getuid", lambda: 12345)
    assert index_path(data_root) is None
