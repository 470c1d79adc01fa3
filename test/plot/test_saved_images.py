"""Pictures of runs are found by the name that the recorder was given, the newest first."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from rla import ImgRecorder, exp_manager, time_step_holder
from rla.errors import QueryError
from rla.plot import list_saved_images
from rla.plot.images import pictures_in
from rla.query import Experiments, experiments

FRAME = np.zeros((4, 6, 3), dtype=np.uint8)


@pytest.fixture(scope="module")
def recorded(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A data root with two runs; the second saved fewer pictures."""
    root = tmp_path_factory.mktemp("pictures")
    for seed in (0, 1):
        exp_manager.set_hyper_param(seed=seed)
        exp_manager.add_record_param(["seed"])
        exp_manager.configure("demo", {"LOG_USED": ["csv"]}, data_root=root, code_root=root)
        exp_manager.log_files_gen()
        for step in (500, 1000, 20000):
            time_step_holder.set_time(step)
            ImgRecorder.save("eval/frame", FRAME)
            ImgRecorder.save("value: a/b[c]", FRAME)
            if seed == 0:
                ImgRecorder.save("value", FRAME)
        ImgRecorder.save("value", FRAME)
    exp_manager.finish()
    return root


@pytest.fixture
def runs(recorded: Path) -> Experiments:
    return experiments(recorded)


@pytest.fixture
def results(tmp_path: Path) -> Path:
    """Files of a results folder, by their names alone; where only names count, no picture needs to be in them."""
    for name in ("value.png", "value-2.png", "value-10.jpg", "value-10-2.png", "value-0.5.png", "value-1e-05.png"):
        (tmp_path / name).touch()
    for name in ("values-3.png", "value-old.png", "value.pdf", "a-value-4.png", ".value-9.png.12-1.tmp"):
        (tmp_path / name).touch()
    return tmp_path


def names(paths: list[Path]) -> list[str]:
    return [path.name for path in paths]


def test_each_run_has_the_pictures_of_each_name_the_largest_time_step_first(runs: Experiments) -> None:
    found = list_saved_images(runs, ["value", "eval/frame"])
    assert list(found) == [run.name for run in runs]
    first, second = found.values()
    assert names(first["value"]) == ["value-20000-2.png", "value-20000.png", "value-1000.png", "value-500.png"]
    assert names(second["value"]) == ["value-20000.png"]
    assert names(second["eval/frame"]) == ["frame-20000.png", "frame-1000.png", "frame-500.png"]
    assert all(path.parent == runs[1].place.path("results") / "eval" for path in second["eval/frame"])


def test_a_name_is_what_was_given_whatever_it_became_on_the_disk(runs: Experiments) -> None:
    assert all(len(found["value: a/b[c]"]) == 3 for found in list_saved_images(runs, "value: a/b[c]").values())


def test_a_name_without_its_folder_is_found_below(runs: Experiments) -> None:
    assert all(len(found["frame"]) == 3 for found in list_saved_images(runs, "frame").values())


def test_what_stands_at_the_very_name_goes_before_what_stands_below(tmp_path: Path) -> None:
    for path in ("policy-1.png", "eval/policy-2.png", "train/policy-3.png"):
        (tmp_path / path).parent.mkdir(exist_ok=True)
        (tmp_path / path).touch()
    assert names(pictures_in(tmp_path, ["policy"])["policy"]) == ["policy-1.png"]
    (tmp_path / "policy-1.png").unlink()
    assert names(pictures_in(tmp_path, ["policy"])["policy"]) == ["policy-3.png", "policy-2.png"]


def test_time_steps_are_numbers_and_other_files_are_none_of_the_name(results: Path) -> None:
    expected = ["value-10-2.png", "value-10.jpg", "value-2.png", "value-0.5.png", "value-1e-05.png", "value.png"]
    assert names(pictures_in(results, ["value"])["value"]) == expected


def test_an_ending_that_was_given_is_asked_for(results: Path) -> None:
    assert names(pictures_in(results, ["value.jpg"])["value.jpg"]) == ["value-10.jpg"]


def test_a_picture_belongs_to_the_longest_name_that_it_fits(results: Path) -> None:
    found = pictures_in(results, ["value", "value-10"])
    assert names(found["value-10"]) == ["value-10-2.png", "value-10.jpg"]
    assert "value-10.jpg" not in names(found["value"])


def test_of_a_run_without_results_there_are_none(tmp_path: Path) -> None:
    assert pictures_in(tmp_path / "nothing", ["value"]) == {"value": []}


def test_a_name_that_no_run_has_saved_is_refused_with_the_nearest(runs: Experiments) -> None:
    with pytest.raises(QueryError, match=r"None of these 2 experiments .* 'fame'\. Did you mean 'eval/frame'\?"):
        list_saved_images(runs, ["value", "fame"])


@pytest.mark.parametrize("wrong", [[], [""], [3], ""])
def test_what_is_no_name_is_refused(runs: Experiments, wrong: list[str] | str) -> None:
    with pytest.raises(QueryError, match="names are those that the recorder was given"):
        list_saved_images(runs, wrong)


def test_no_experiments_are_refused(runs: Experiments) -> None:
    with pytest.raises(QueryError, match="no experiment was given"):
        list_saved_images([], "value")
    with pytest.raises(QueryError, match="There is nothing to plot"):
        list_saved_images(runs[:0], "value")


def test_runs_are_given_as_an_answer_as_a_list_or_as_the_data_root(runs: Experiments, recorded: Path) -> None:
    found = list_saved_images(runs, "value")
    assert list_saved_images(list(runs), "value") == list_saved_images(recorded, "value") == found
