"""A disk that takes half of a write, and then does not even cut the file back, costs no row once it works again."""

from __future__ import annotations

import errno
import json
import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pandas as pd
import pytest

from rla import files, logger


class FailingDisk:
    """While it is broken, it takes half of what is appended below the log folder's files, and cuts nothing."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.broken = False
        self._append, self._truncate = files.append, files.truncate
        monkeypatch.setattr(files, "append", self.append)
        monkeypatch.setattr(files, "truncate", self.truncate)

    def refuses(self, fd: int) -> bool:
        return self.broken and ".journal" not in os.readlink(f"/proc/self/fd/{fd}")

    def append(self, fd: int, data: bytes) -> None:
        if self.refuses(fd):
            self._append(fd, data[: len(data) // 2])
            raise OSError(errno.EIO, os.strerror(errno.EIO))
        self._append(fd, data)

    def truncate(self, fd: int, size: int) -> None:
        if self.refuses(fd):
            raise OSError(errno.EIO, os.strerror(errno.EIO))
        self._truncate(fd, size)


@pytest.mark.usefixtures("own_pace")
def test_each_row_is_whole_and_there_once(
    folder: Path, dump: Callable, said: list[str], scalars: Callable[[Path], Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    disk = FailingDisk(monkeypatch)
    logger.configure(folder, ["csv", "json", "tensorboard"])
    for count in range(30):
        disk.broken = 10 <= count < 15
        dump(step=count, count=count)
        if count % 3 == 0:
            logger.flush()
    logger.close()
    assert list(pd.read_csv(folder / "progress.csv")["count"]) == list(range(30))
    lines = (folder / "progress.json").read_text().splitlines()
    assert [json.loads(line)["count"] for line in lines] == list(range(30))
    assert scalars(folder)["count"] == [(count, float(count)) for count in range(30)]
