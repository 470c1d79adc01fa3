"""Arrays in checkpoints of torch are read safely, and torch's own list of what may be read stays as it was."""

from __future__ import annotations

import threading
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from rla.checkpoint.folder import load_checkpoint
from rla.errors import CheckpointError, RLAError

torch = pytest.importorskip("torch")


class _Overlay:
    def __reduce__(self) -> Any:
        return np.ndarray, ((1,), np.dtype("O"), b"A" * 64)


def test_an_array_over_bytes_of_somebodys_choice_is_refused(tmp_path: Path) -> None:
    torch.save({"x": _Overlay()}, tmp_path / "checkpoint_1.pt")
    with pytest.raises(RLAError):
        load_checkpoint(tmp_path)


def test_the_list_of_the_user_stays_as_it_was(tmp_path: Path) -> None:
    torch.save({"x": np.arange(3)}, tmp_path / "checkpoint_1.pt")
    (tmp_path / "checkpoint_2.pt").write_bytes(b"no checkpoint")
    with torch.serialization.safe_globals([Path]):
        before = set(torch.serialization.get_safe_globals())
        load_checkpoint(tmp_path, 1)
        with pytest.raises(CheckpointError):
            load_checkpoint(tmp_path, 2)
        assert set(torch.serialization.get_safe_globals()) == before


def test_threads_that_load_do_not_disturb_each_other(tmp_path: Path) -> None:
    torch.save({"x": np.arange(1000)}, tmp_path / "checkpoint_1.pt")
    failed: list[BaseException] = []

    def load() -> None:
        try:
            for _ in range(30):
                assert load_checkpoint(tmp_path)[1]["x"].sum() == 499500
        except BaseException as error:
            failed.append(error)

    threads = [threading.Thread(target=load) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert failed == []
