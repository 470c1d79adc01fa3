"""Pictures that runs saved stand side by side in one figure, and each cell says what it shows or why it is empty."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import matplotlib as mpl
import matplotlib.pyplot as plt
import numpy as np
import pytest
from matplotlib.figure import Figure

from rla import ImgRecorder, MatplotlibRecorder, exp_manager, time_step_holder
from rla.errors import QueryError
from rla.plot import saved_images
from rla.plot.image_grid import draw_images, run_labels
from rla.query import Experiments, experiments

STEPS = (1000, 2000)
LEARNING_RATES = (0.1, 0.01, 0.001)


@pytest.fixture(scope="module")
def recorded(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A data root with three runs: figures of all, frames of another size of the first two; one picture is torn."""
    root = tmp_path_factory.mktemp("pictures")
    for number, lr in enumerate(LEARNING_RATES):
        exp_manager.set_hyper_param(env_id="CartPole-v1", lr=lr)
        exp_manager.add_record_param(["env_id", "lr"])
        exp_manager.configure("demo", {"LOG_USED": ["csv"]}, data_root=root, code_root=root)
        exp_manager.log_files_gen()
        for step in STEPS:
            time_step_holder.set_time(step)
            figure = Figure(figsize=(2, 1))
            figure.subplots().plot([step, 0])
            path = MatplotlibRecorder.save("value", figure, dpi=50)
            if number < 2:
                ImgRecorder.save("frame", np.full((60 - 40 * number, 20, 3), 50 * number, dtype=np.uint8))
    exp_manager.finish()
    assert path is not None
    Path(path).write_bytes(Path(path).read_bytes()[:300])
    return root


@pytest.fixture
def runs(recorded: Path) -> Experiments:
    return experiments(recorded)


@pytest.fixture(autouse=True)
def _close_figures() -> Iterator[None]:
    yield
    plt.close("all")


def titles(figure: Figure) -> list[str]:
    return [axes.get_title() for axes in figure.axes]


def texts(figure: Figure) -> list[str]:
    return [text.get_text().replace("\n", " ") for axes in figure.axes for text in axes.texts]


def test_there_is_a_row_for_each_run_and_a_column_for_each_name(runs: Experiments) -> None:
    figure = saved_images(runs[:2], ["value", "frame"])
    assert titles(figure) == [f"lr={lr}\n{name}-2000.png" for lr in LEARNING_RATES[:2] for name in ("value", "frame")]
    places = [axes.get_subplotspec() for axes in figure.axes]
    assert [(place.rowspan.start, place.colspan.start) for place in places] == [(0, 0), (0, 1), (1, 0), (1, 1)]


def test_pictures_keep_their_shape_and_their_colours(runs: Experiments) -> None:
    figure = saved_images(runs[:2], "frame")
    shown = [axes.images[0].get_array() for axes in figure.axes]
    assert [picture.shape for picture in shown] == [(60, 20, 3), (20, 20, 3)]
    assert [np.unique(picture).tolist() for picture in shown] == [[0], [50]]
    assert all(axes.get_aspect() == 1 for axes in figure.axes)


def test_a_run_that_saved_none_has_an_empty_cell_that_says_so(runs: Experiments) -> None:
    figure = saved_images(runs, "frame")
    assert texts(figure) == ["no frame"]
    assert [len(axes.images) for axes in figure.axes] == [1, 1, 0]


def test_a_torn_picture_is_told_of_and_hides_no_other(runs: Experiments, said: list[str]) -> None:
    figure = saved_images(runs, "value")
    assert [len(axes.images) for axes in figure.axes] == [1, 1, 0]
    (text,) = texts(figure)
    assert text.startswith("cannot be shown: ")
    assert len(said) == 1
    assert "value-2000.png cannot be shown" in said[0]


def test_so_many_of_the_newest_are_shown(runs: Experiments) -> None:
    figure = saved_images(runs[:1], ["value", "frame"], newest=5)
    label = "env_id=CartPole-v1, lr=0.1"
    assert titles(figure) == [f"{label}\n{name}-{step}.png" for name in ("value", "frame") for step in (2000, 1000)]


def test_they_are_drawn_where_the_user_wants_them(runs: Experiments) -> None:
    figure = Figure(figsize=(8, 4))
    left, right = figure.subfigures(1, 2)
    assert saved_images(runs[:2], "frame", figure=left) is left
    assert len(left.axes) == 2
    assert not right.axes
    assert figure.get_size_inches().tolist() == [8, 4]
    assert plt.get_fignums() == []


def test_style_and_backend_stay_as_they_are(runs: Experiments) -> None:
    before = dict(mpl.rcParams)
    saved_images(runs[:2], ["value", "frame"])
    assert dict(mpl.rcParams) == before


def test_a_picture_of_16_bits_keeps_its_greys(tmp_path: Path) -> None:
    from PIL import Image

    Image.fromarray(np.array([[0, 32768, 65535]], dtype=np.uint16)).save(tmp_path / "depth-1.png")
    figure = draw_images({"run": {"depth": [tmp_path / "depth-1.png"]}}, figure=Figure())
    assert figure.axes[0].images[0].get_array()[0, :, 0].tolist() == [0, 128, 255]


def test_large_pictures_are_made_smaller(tmp_path: Path) -> None:
    from PIL import Image

    Image.new("L", (6000, 3000)).save(tmp_path / "large.png")
    figure = draw_images({"run": {"large": [tmp_path / "large.png"]}}, figure=Figure())
    assert figure.axes[0].images[0].get_array().shape == (1000, 2000, 3)


def test_more_than_a_figure_holds_is_refused(tmp_path: Path) -> None:
    found = {f"demo/2026/11/20/run{number}": {"value": [tmp_path / "value.png"]} for number in range(201)}
    with pytest.raises(QueryError, match="up to 200 pictures; these are 201"):
        draw_images(found)
    with pytest.raises(QueryError, match="newest is how many"):
        draw_images(found, newest=0)


def test_runs_are_called_by_what_they_differ_in_and_by_their_time_if_need_be() -> None:
    def name(time: str, parameters: str, day: str = "2026/11/20") -> str:
        return f"demo/{day}/{time}_10.0.0.1_&{parameters}"

    several = [name("13-05-01-000001", "lr=1&seed=0"), name("13-05-02-000001", "lr=1&seed=1")]
    assert run_labels(several) == ["seed=0", "seed=1"]
    assert run_labels([*several, name("13-05-03-000001", "lr=1&seed=1")])[1:] == [
        "seed=1, 13-05-02-000001",
        "seed=1, 13-05-03-000001",
    ]
    again = [name("13-05-01-000001", "lr=1"), name("13-05-01-000001", "lr=1", day="2026/11/21")]
    assert [label.endswith(day) for label, day in zip(run_labels(again), ("11/20", "11/21"), strict=True)] == [True] * 2
