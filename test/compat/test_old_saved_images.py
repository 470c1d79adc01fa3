"""`plot_saved_images` of old notebooks shows the newest pictures of the runs that patterns name, side by side."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import matplotlib.pyplot as plt
import numpy as np
import pytest
from RLA.easy_plot.plot_saved_images import meta_image_data_loader_func, plot_saved_images

from rla import ImgRecorder, exp_manager, experiment_data_query, time_step_holder
from rla.compat.easy_plot import plot_saved_images as module
from rla.errors import ExperimentNotFoundError, QueryError
from rla.names import RESULTS


@pytest.fixture(scope="module")
def recorded(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A data root with three runs; the last one saved no `frame`."""
    root = tmp_path_factory.mktemp("pictures")
    for seed in range(3):
        exp_manager.set_hyper_param(seed=seed, agent={"lr": 0.1 * seed})
        exp_manager.add_record_param(["seed"])
        exp_manager.configure("demo", {"LOG_USED": ["csv"]}, data_root=root, code_root=root)
        exp_manager.log_files_gen()
        for step in (5, 10, 100):
            time_step_holder.set_time(step)
            ImgRecorder.save("value", np.zeros((2, 2), dtype=np.uint8))
            if seed < 2:
                ImgRecorder.save("eval/frame", np.zeros((2, 3), dtype=np.uint8))
    exp_manager.finish()
    return root


@pytest.fixture(autouse=True)
def _close_figures() -> Iterator[None]:
    yield
    plt.close("all")


def titles() -> list[list[str]]:
    return [[axes.get_title() for axes in plt.figure(number).axes] for number in plt.get_fignums()]


def test_one_figure_shows_the_newest_picture_of_each_name_and_run(recorded: Path) -> None:
    plot_saved_images(str(recorded), "demo", ["*"], ["value", "eval/frame"])
    files = ("value-100.png", "eval/frame-100.png")
    expected = [f"seed={seed}\n{file if seed < 2 or file[0] == 'v' else ''}" for seed in range(3) for file in files]
    assert titles() == [expected]
    assert [text.get_text() for axes in plt.gcf().axes for text in axes.texts] == ["no eval/frame"]


def test_the_paths_of_what_is_shown_come_back(recorded: Path) -> None:
    first, *_, last = plot_saved_images(recorded, "demo", ["*"], ["value", "eval/frame"], max_keep_num=2)
    assert first.hyper_param["agent"]["lr"] == 0.0
    assert [Path(path).name for path in first.img_path_dict["value"]] == ["value-100.png", "value-10.png"]
    assert all(Path(path).parent == Path(first.dirname) for path in first.img_path_dict["value"])
    assert last.img_path_dict["eval/frame"] == []


def test_rows_are_sorted_as_the_patterns_are_and_each_run_is_shown_once(recorded: Path) -> None:
    plot_saved_images(recorded, "demo", ["**seed=2*", "**seed=0*", "**seed=2*"], ["value"])
    assert titles() == [["seed=2\nvalue-100.png", "seed=0\nvalue-100.png"]]


def test_a_filter_of_hyper_parameters_chooses_the_runs(recorded: Path) -> None:
    plot_saved_images(recorded, "demo", ["*"], ["value"], hp_filter_dict={"seed": [1, 2]})
    assert titles() == [["seed=1\nvalue-100.png", "seed=2\nvalue-100.png"]]


def test_it_tells_what_was_found_unless_told_not_to(recorded: Path, capsys: pytest.CaptureFixture[str]) -> None:
    plot_saved_images(recorded, "demo", ["*"], ["value", "frame"])
    assert capsys.readouterr().out == "*: 3 runs; pictures 'value' of 3, 'frame' of 2\n"
    plot_saved_images(recorded, "demo", ["*"], ["value"], summarize_res=False)
    assert capsys.readouterr().out == ""


def test_more_than_one_figure_holds_are_shown_in_several(recorded: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "MOST_CELLS", 5)
    plot_saved_images(recorded, "demo", ["*"], ["value", "frame"])
    assert [len(each) for each in titles()] == [4, 2]


def test_the_loader_takes_what_a_question_to_the_results_finds(recorded: Path) -> None:
    (found,) = experiment_data_query(recorded, "demo", "**seed=1*", RESULTS).values()
    result = meta_image_data_loader_func(found, ["eval/frame", "other"], 2)
    assert result.dirname == found.dirname
    assert [Path(path).name for path in result.img_path_dict["eval/frame"]] == ["frame-100.png", "frame-10.png"]
    assert result.img_path_dict["other"] == []


def test_what_cannot_be_shown_is_refused(recorded: Path) -> None:
    with pytest.raises(ExperimentNotFoundError, match=r"matches '2021/\*'"):
        plot_saved_images(recorded, "demo", ["2021/*"], ["value"])
    with pytest.raises(QueryError, match="img_names are those"):
        plot_saved_images(recorded, "demo", ["*"], [])
    with pytest.raises(QueryError, match="max_keep_num is how many"):
        plot_saved_images(recorded, "demo", ["*"], ["value"], max_keep_num=0)
