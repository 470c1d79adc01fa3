"""A reader that looks at the folder while old checkpoints are removed sees the new ones."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from rla.checkpoint import listing


def test_a_file_that_vanishes_meanwhile_hides_no_other(
    begin: Callable[..., Path], save_at: Callable[..., str], monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = begin()
    for step in (1, 2):
        save_at(step)

    class Entries:
        """What `os.scandir` gave before the oldest was removed."""

        def __init__(self, path: Any) -> None:
            with os_scandir(path) as entries:
                self._entries = sorted(entries, key=lambda entry: entry.name)
            Path(folder, "checkpoint_1.npz").unlink()

        def __enter__(self) -> Iterator[os.DirEntry[str]]:
            return iter(self._entries)

        def __exit__(self, *_: object) -> None:
            pass

    os_scandir = os.scandir
    monkeypatch.setattr(listing.os, "scandir", Entries)
    assert listing.list_checkpoints(folder) == ["checkpoint_2.npz"]
