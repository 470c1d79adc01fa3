"""What else belongs to a run goes on with it: tags, custom data, callbacks, samples of the machine, its status."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any

import pytest

from rla import ExperimentManager
from rla.database.archive import read_object, sealed_objects
from test.experiment.resuming.conftest import Process, record


class Model:
    """No plain data."""


def card_of(manager: ExperimentManager, log_dir: str | None = None) -> dict[str, Any]:
    content: dict[str, Any] = json.loads(Path(log_dir or manager.log_dir, "experiment.json").read_text())
    return content


def test_its_card_tells_how_it_had_ended_and_how_it_goes_on(run: Process, process: Process) -> None:
    first = run(50)
    folder = first.log_dir
    first.finish("failed", "ValueError: no")
    manager = process()
    manager.resume("")
    card = card_of(manager)
    (entry,) = card["resumes"]
    assert (card["status"], card["reason"], card["end"]) == ("running", None, None)
    assert (entry["segment"], entry["step"], entry["checkpoint"]) == (1, 40, "state_40.npz")
    assert (entry["before"]["status"], entry["before"]["reason"]) == ("failed", "ValueError: no")
    manager.finish()
    assert card_of(manager, folder)["status"] == "finished"


def test_tags_stay_and_new_ones_are_added(run: Process, process: Process) -> None:
    run(20).add_tags("first")
    manager = process()
    manager.add_tags("before")
    manager.resume("")
    manager.add_tags("after")
    assert card_of(manager)["tags"] == ["first", "before", "after"]


def test_custom_data_goes_on(run: Process, process: Process) -> None:
    first = run(20)
    first.add_custom_data("scores", 1.5)
    first.add_custom_data("best", {"step": 3}, dtype=dict)
    manager = process()
    manager.resume("")
    manager.add_custom_data("scores", 2.5)
    assert manager.custom_data == {"scores": [1.5, 2.5], "best": {"step": 3}}


@pytest.fixture
def objects(run: Process) -> None:
    """A run with custom data that are no plain data."""
    first = run(20)
    first.add_custom_data("model", Model(), dtype=Model)
    first.add_custom_data("models", Model())
    first.add_custom_data("score", 1.5, dtype=float)
    first.add_custom_data(7, Model(), dtype=Model)  # type: ignore[arg-type]
    first.finish()


def test_objects_that_only_trust_opens_stay_as_they_are(objects: None, process: Process, said: list[str]) -> None:
    manager = process()
    manager.resume("")
    archive = Path(manager.archive_file)
    with pytest.raises(KeyError, match=r"'model' is no plain data, .*'trust_own_archives: true' in the configuration"):
        manager.get_custom_data("model")
    manager.add_custom_data("models", Model())
    assert "is kept as 'models_before_resume', and the list begins anew. With 'trust_own_archives: true'" in said[-1]
    manager.finish()
    assert isinstance(read_object(archive, "model"), Model)
    assert len(read_object(archive, "models_before_resume")) == len(read_object(archive, "models")) == 1


def trusting(manager: ExperimentManager, data_root: Path) -> ExperimentManager:
    config = {"LOG_USED": ["csv"], "trust_own_archives": True}
    manager.configure("demo_task", config, data_root=data_root, code_root=data_root)
    manager.resume("")
    return manager


def test_objects_go_on_where_the_configuration_trusts_them(objects: None, process: Process, data_root: Path) -> None:
    manager = trusting(process(), data_root)
    assert manager.get_custom_data("score") == 1.5
    assert isinstance(manager.get_custom_data("model"), Model)
    assert isinstance(manager.get_custom_data(7), Model)  # type: ignore[arg-type]
    manager.add_custom_data("models", Model())
    assert list(map(type, manager.get_custom_data("models"))) == [Model, Model]
    archive = Path(manager.archive_file)
    manager.finish()
    assert len(read_object(archive, "models")) == 2
    assert "models_before_resume" not in sealed_objects(archive)


def test_objects_that_cannot_be_loaded_stay_as_they_are(
    objects: None, process: Process, data_root: Path, said: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    with monkeypatch.context() as without:
        without.delattr(sys.modules[__name__], "Model")
        manager = trusting(process(), data_root)
        assert any("custom data 'model'" in each and "cannot be loaded" in each for each in said)
        assert manager.custom_data == {"score": 1.5}
        archive = Path(manager.archive_file)
        manager.finish()
    assert isinstance(read_object(archive, "model"), Model)


def test_an_archive_that_cannot_be_read_is_kept(run: Process, process: Process, said: list[str]) -> None:
    archive = Path(run(20).archive_file)
    manager = process()
    archive.write_bytes(b"\x80\x04cos\nsystem\n.")
    manager.resume("")
    manager.finish()
    assert any("it is kept as the custom data 'archive_before_resume'" in each for each in said)
    assert b"cos\nsystem" in archive.with_suffix(".objects").read_bytes()


def test_the_callback_sees_the_new_rows(run: Process, process: Process, data_root: Path) -> None:
    run(20)
    seen: list[dict[str, Any]] = []
    manager = process()
    manager.configure(
        "demo_task", {"LOG_USED": ["csv"]}, data_root=data_root, code_root=".", log_callback_fn=seen.append
    )
    manager.resume("")
    record(manager, [30])
    assert [row["time-step"] for row in seen] == [30]


def test_the_machine_is_sampled_again(run: Process, process: Process) -> None:
    pytest.importorskip("psutil")
    run(20)
    manager = process()
    manager.track_system(every=0.1)
    manager.resume("")
    assert manager._monitor is not None
    manager.finish()
    assert manager._monitor is None


def test_checkpoints_are_kept_in_number_beside_those_that_were_left(run: Process, process: Process) -> None:
    run(60, save=10).finish()
    manager = process()
    manager.resume("", at=30)
    record(manager, [40, 50], save=10, loss=2.0)
    kept = sorted(path.name for path in Path(manager.checkpoint_dir).iterdir())
    assert len(kept) == 5
    assert manager.load_state() == {"note": "at 50"}


def test_averages_and_frequencies_go_on(run: Process, process: Process) -> None:
    first = run(steps=0)
    for step, value in ((10, 1.0), (20, 2.0)):
        first.set_timestep(step)
        first.logger.ma_record_tabular("return", value, 2)
        first.logger.record_tabular("seldom", value, freq=15)
        first.logger.dump_tabular()
    first.save_state()
    manager = process()
    manager.resume("")
    manager.load_state()
    manager.set_timestep(22)
    manager.logger.ma_record_tabular("return", 4.0, 2)
    manager.logger.record_tabular("seldom", 4.0, freq=15)
    row = manager.logger.dump_tabular()
    assert row["return"] == 3.0  # of 2.0 and 4.0
    assert "seldom" not in row  # it was recorded at 10, and comes again at 25
