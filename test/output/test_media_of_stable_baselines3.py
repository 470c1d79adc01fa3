"""Figures, images, histograms and texts that Stable-Baselines3 records for TensorBoard alone arrive there."""

from __future__ import annotations

import csv
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from rla import logger

pytest.importorskip("stable_baselines3")
torch = pytest.importorskip("torch")

from matplotlib.figure import Figure as MatplotlibFigure  # noqa: E402
from stable_baselines3.common.logger import Figure, HParam, Image, Video  # noqa: E402
from tensorboard.backend.event_processing.event_accumulator import EventAccumulator  # noqa: E402

ONLY_TENSORBOARD = ("stdout", "log", "json", "csv")
STEP = 2048
Dump = Callable[..., dict[str, Any]]


def figure() -> MatplotlibFigure:
    drawn = MatplotlibFigure()
    drawn.subplots().plot([1, 2, 3])
    return drawn


def red() -> Image:
    return Image(torch.full((3, 4, 5), 255, dtype=torch.uint8), "CHW")


def seen(folder: Path) -> EventAccumulator:
    """Return what TensorBoard sees of a run."""
    accumulator = EventAccumulator(str(folder / "tb" / "events"))
    return accumulator.Reload()


def columns(folder: Path) -> list[str]:
    with open(folder / "progress.csv", newline="") as stream:
        return next(csv.reader(stream))


@pytest.fixture
def recording(folder: Path) -> Path:
    logger.configure(folder, ["csv", "tensorboard", "json", "log"])
    return folder


def test_figures_and_images_are_shown_at_the_step_of_the_dump(recording: Path, dump: Dump) -> None:
    logger.record("trajectory/figure", Figure(figure(), close=True), exclude=ONLY_TENSORBOARD)
    logger.record("trajectory/image", red(), exclude=ONLY_TENSORBOARD)
    dump(step=STEP, loss=1.0)
    logger.close()
    found = seen(recording)
    assert sorted(found.Tags()["images"]) == ["trajectory/figure", "trajectory/image"]
    (image,) = found.Images("trajectory/image")
    assert (image.step, image.width, image.height) == (STEP, 5, 4)
    assert found.Images("trajectory/figure")[0].step == STEP
    assert [event.step for event in found.Scalars("loss")] == [STEP]


@pytest.mark.parametrize(
    "weights",
    [torch.arange(10.0, requires_grad=True), torch.arange(10).reshape(2, 5), np.arange(10)],
    ids=["tensor with a gradient", "tensor of integers", "array"],
)
def test_tensors_are_shown_as_histograms(recording: Path, dump: Dump, weights: Any) -> None:
    logger.record("train/weights", weights, exclude=ONLY_TENSORBOARD)
    dump(step=STEP, loss=1.0)
    logger.close()
    (event,) = seen(recording).Histograms("train/weights")
    assert event.step == STEP
    assert (event.histogram_value.num, event.histogram_value.max) == (10, 9)


def test_texts_that_no_row_is_to_get_are_shown_as_texts(recording: Path, dump: Dump) -> None:
    logger.record("note", "**bold**", exclude=ONLY_TENSORBOARD)
    dump(step=STEP, loss=1.0)
    logger.close()
    found = seen(recording)
    (tag,) = (tag for tag in found.Tags()["tensors"] if tag.startswith("note"))
    (event,) = found.Tensors(tag)
    assert (event.step, event.tensor_proto.string_val) == (STEP, [b"**bold**"])


def test_hyper_parameters_are_shown_in_their_tab(recording: Path, dump: Dump, events: Callable[..., Any]) -> None:
    table = HParam({"algorithm": "PPO", "learning_rate": 3e-4}, {"rollout/ep_rew_mean": 0.0})
    logger.record("hparams", table, exclude=ONLY_TENSORBOARD)
    dump(step=STEP, loss=1.0)
    logger.close()
    found = [
        value
        for event in events(recording)
        for value in event.summary.value
        if value.metadata.plugin_data.plugin_name == "hparams"
    ]
    assert [value.tag for value in found] == [
        "_hparams_/experiment",
        "_hparams_/session_start_info",
        "_hparams_/session_end_info",
    ]
    assert b"learning_rate" in found[1].metadata.plugin_data.content


def test_rows_have_no_column_for_them(recording: Path, dump: Dump) -> None:
    logger.record("figure", Figure(figure(), close=True), exclude=ONLY_TENSORBOARD)
    logger.record("image", red(), exclude=ONLY_TENSORBOARD)
    logger.record("weights", torch.zeros(3), exclude=ONLY_TENSORBOARD)
    logger.record("note", "text", exclude=ONLY_TENSORBOARD)
    row = dump(step=STEP, loss=1.0)
    logger.close()
    assert set(row) == {"loss", "time-step", "timestamp"}
    assert set(columns(recording)) == set(row)
    assert "figure" not in (recording / "log.txt").read_text()
    assert "figure" not in (recording / "progress.json").read_text()


def test_a_dump_of_nothing_else_writes_no_row(recording: Path) -> None:
    logger.record("image", red(), exclude=ONLY_TENSORBOARD)
    assert logger.dump(step=STEP) == {}
    logger.close()
    assert not (recording / "progress.csv").exists() or (recording / "progress.csv").read_text() == ""
    assert [event.step for event in seen(recording).Images("image")] == [STEP]


def test_they_are_shown_once(recording: Path, dump: Dump) -> None:
    logger.record("image", red(), exclude=ONLY_TENSORBOARD)
    dump(step=1, loss=1.0)
    dump(step=2, loss=1.0)
    logger.record("image", red(), exclude=ONLY_TENSORBOARD)
    dump(step=3, loss=1.0)
    logger.close()
    assert [event.step for event in seen(recording).Images("image")] == [1, 3]


def test_videos_are_shown_without_a_foreign_encoder(
    recording: Path, dump: Dump, run_python: Callable[..., Any]
) -> None:
    frames = torch.randint(0, 255, (1, 5, 3, 8, 12), dtype=torch.uint8)
    logger.record("rollout", Video(frames, fps=4), exclude=ONLY_TENSORBOARD)
    dump(step=STEP, loss=1.0)
    logger.close()
    (video,) = seen(recording).Images("rollout")
    assert (video.step, video.width, video.height) == (STEP, 12, 8)
    assert video.encoded_image_string.startswith(b"GIF89a")


def test_no_file_is_made_of_them(recording: Path, dump: Dump) -> None:
    logger.record("figure", Figure(figure(), close=False), exclude=ONLY_TENSORBOARD)
    logger.record("image", red(), exclude=ONLY_TENSORBOARD)
    logger.record("video", Video(torch.zeros(1, 2, 3, 8, 8), fps=4), exclude=ONLY_TENSORBOARD)
    dump(step=STEP, loss=1.0)
    assert not (recording / "results").exists()


def test_a_figure_is_closed_when_it_asks_for_it_and_only_then(recording: Path) -> None:
    import matplotlib

    matplotlib.use("agg")
    import matplotlib.pyplot as plt

    plt.close("all")
    kept, closed = plt.figure(), plt.figure()
    logger.record("kept", Figure(kept, close=False), exclude=ONLY_TENSORBOARD)
    logger.record("closed", Figure(closed, close=True), exclude=ONLY_TENSORBOARD)
    logger.dump(step=1)
    assert plt.get_fignums() == [kept.number]
    plt.close("all")


@pytest.mark.parametrize(
    ("axes", "shape"),
    [
        ("CHW", (3, 4, 4)),
        ("HWC", (4, 4, 3)),
        ("HW", (4, 4)),
        ("WH", (4, 4)),
        ("NCHW", (1, 3, 4, 4)),
        ("NHWC", (1, 4, 4, 3)),
    ],
)
def test_an_image_has_the_axes_that_it_says(recording: Path, dump: Dump, axes: str, shape: tuple[int, ...]) -> None:
    import io

    from PIL import Image as Pillow

    values = np.arange(np.prod(shape), dtype=np.uint8).reshape(shape)
    logger.record("image", Image(values, axes), exclude=ONLY_TENSORBOARD)
    dump(step=STEP, loss=1.0)
    logger.close()
    (image,) = seen(recording).Images("image")
    shown = np.asarray(Pillow.open(io.BytesIO(image.encoded_image_string)))
    expected = {
        "CHW": lambda: values.transpose(1, 2, 0),
        "WH": lambda: values.T,
        "NCHW": lambda: values[0].transpose(1, 2, 0),
        "NHWC": lambda: values[0],
    }.get(axes, lambda: values)()
    assert np.array_equal(shown, expected)


@pytest.mark.parametrize(
    "broken",
    [
        pytest.param(Figure("no figure", close=True), id="figure"),
        pytest.param(Image(torch.zeros(3, 4, 5), "no format"), id="image"),
        pytest.param(HParam({"a": object()}, {"b": 0.0}), id="hyper-parameters"),
        pytest.param(torch.zeros(0, 3), id="empty tensor"),
        pytest.param(torch.tensor([float("nan")]), id="NaN"),
        pytest.param(torch.zeros(3, dtype=torch.complex64), id="complex"),
    ],
)
def test_what_cannot_be_shown_warns_at_most_once_and_the_row_is_written(
    recording: Path, dump: Dump, said: list[str], broken: Any
) -> None:
    for step in range(2):
        logger.record("broken", broken, exclude=ONLY_TENSORBOARD)
        dump(step=step, loss=step)
    logger.close()
    assert len(said) <= 1
    assert all("'broken'" in warning for warning in said)
    assert [event.value for event in seen(recording).Scalars("loss")] == [0, 1]


def test_where_tensorboard_is_not_written_they_are_left_out(folder: Path, dump: Dump) -> None:
    logger.configure(folder, ["csv"])
    logger.record("image", red(), exclude=ONLY_TENSORBOARD)
    assert "image" not in dump(step=STEP, loss=1.0)
    logger.close()
    assert "image" not in columns(folder)


def test_what_one_run_did_not_dump_is_not_shown_by_the_next(tmp_path: Path, dump: Dump) -> None:
    logger.configure(tmp_path / "a", ["tensorboard"])
    logger.record("image", red(), exclude=ONLY_TENSORBOARD)
    logger.reset()
    logger.configure(tmp_path / "b", ["tensorboard"])
    dump(step=STEP, loss=1.0)
    logger.close()
    assert seen(tmp_path / "b").Tags()["images"] == []


def test_objects_of_another_class_of_that_name_are_rows(recording: Path, dump: Dump) -> None:
    class Image:
        def __repr__(self) -> str:
            return "mine"

    logger.record("mine", Image(), exclude=("tensorboard",))
    assert "mine" in dump(step=STEP, loss=1.0)
    logger.close()
    assert "mine" in columns(recording)
