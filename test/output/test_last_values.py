"""The newest value of each key, also of those that the last row does not have."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from rla import logger
from rla.output.last_values import last_values


@pytest.mark.parametrize("closed", [True, False])
def test_keys_of_rows_of_their_own_are_there(closed: bool, folder: Path, dump: Callable) -> None:
    logger.configure(folder, ["csv"])
    for step in range(10):
        dump(step=step, loss=1.0 / (step + 1))
        if step % 4 == 0:
            dump(step=step, score=step)
    if closed:
        logger.close()
    values = last_values(folder)
    assert (values["loss"], values["score"], values["time-step"]) == (0.1, 8, 9)


def test_a_folder_without_records_has_none(tmp_path: Path) -> None:
    assert last_values(tmp_path) == {}
