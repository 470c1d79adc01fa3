"""Ranks of a distributed training that record nothing load from the run, and cannot touch it."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from test.experiment.resuming.conftest import Process, record


@pytest.fixture
def as_rank(monkeypatch: pytest.MonkeyPatch) -> Callable[[int], None]:
    """Become a rank of two: ``as_rank(1)``."""

    def become(rank: int) -> None:
        monkeypatch.setenv("RANK", str(rank))
        monkeypatch.setenv("WORLD_SIZE", "2")

    return become


def test_the_second_loads_while_the_first_records(
    run: Process, process: Process, data_root: Path, as_rank: Callable[[int], None], picture_of: Callable[..., Any]
) -> None:
    run(50, lr=0.1).finish()
    before = picture_of(data_root)
    as_rank(1)
    manager = process()
    assert manager.resume("") == 40
    assert manager.load_state() == {"note": "at 40"}
    assert manager.hyper_param == {"lr": 0.1}
    assert manager.load_checkpoint(20, "state")[0] == 20
    record(manager, [50, 60], save=20, loss=2.0)
    manager.add_custom_data("a", 1)
    manager.serialize_object_and_save()
    manager.add_tags("never")
    manager.track_system(every=1)
    assert not manager.checkpoint_dir.startswith(str(data_root))
    manager.finish()
    assert picture_of(data_root) == before


def test_a_rank_resumes_beside_the_first_one_that_is_alive(
    run: Process, start_experiment: Callable[..., Any], process: Process, as_rank: Callable[[int], None]
) -> None:
    start_experiment("time.sleep(600)")
    as_rank(1)
    assert process().resume("") == 0


def test_where_every_rank_records_each_resumes_its_own(
    run: Process, process: Process, as_rank: Callable[[int], None], monkeypatch: pytest.MonkeyPatch
) -> None:
    run(20)
    as_rank(1)
    monkeypatch.setenv("RLA_ALL_RANKS", "1")
    manager = process()
    manager.resume("")
    record(manager, [30])
    assert '"resumes": [\n' in Path(manager.log_dir, "experiment.json").read_text()
