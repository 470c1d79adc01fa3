"""The walk never looks into a folder that is left out: it may be a file system of millions of files."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path

import pytest

from rla.snapshot.selection import Selection, find_files


def test_only_folders_that_are_kept_are_scanned(
    project: Callable[..., Path], data_root: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    root = project(
        {
            ".gitignore": "datasets/\n",
            "net/mlp.py": "",
            "net/.gitignore": "weights\n",
            "net/weights/deep/a.bin": "",
            "datasets/deep/a.bin": "",
            ".git/objects/a": "",
            "net/__pycache__/mlp.pyc": "",
            "results/.rla/objects/a": "",
            "results/log/demo/a": "",
            "results/notes.md": "",
        }
    )
    scanned: list[str] = []
    scan = os.scandir

    def recording(path: str) -> object:
        scanned.append(os.path.relpath(path, root))
        return scan(path)

    monkeypatch.setattr(os, "scandir", recording)
    find_files(Selection(str(root), names=["."], ignore_files=[str(root / ".gitignore")]))
    assert sorted(scanned) == [".", "net", "results"]
