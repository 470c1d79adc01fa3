"""The same calls to our `SummaryWriter` and to those of torch and tensorboardX: TensorBoard sees the same."""

from __future__ import annotations

import math
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from matplotlib.figure import Figure

from rla.adapt.summary_writer import SummaryWriter

torch = pytest.importorskip("torch")
pytest.importorskip("tensorboard")
pytest.importorskip("tensorboardX")

import tensorboardX  # noqa: E402
from torch.utils.tensorboard import SummaryWriter as WriterOfTorch  # noqa: E402

Views = Callable[[Path], dict[str, Any]]


@pytest.fixture(params=[WriterOfTorch, tensorboardX.SummaryWriter], ids=["torch", "tensorboardX"])
def seen_of_both(request: pytest.FixtureRequest, in_tmp: Path, views: Views) -> Callable[..., tuple[Any, Any]]:
    """Make the same calls to both writers; return what TensorBoard sees of the run of each."""

    def see(calls: Callable[[Any], object]) -> tuple[Any, Any]:
        for name, make in (("real", request.param), ("ours", SummaryWriter)):
            with make(f"runs/{name}") as writer:
                calls(writer)
        found = views(in_tmp / "runs")
        return found["real"], found["ours"]

    return see


def points(view: Any) -> dict[str, list[tuple[int, Any]]]:
    return {
        tag: [(event.step, "nan" if math.isnan(event.value) else event.value) for event in view.Scalars(tag)]
        for tag in view.Tags()["scalars"]
    }


def test_scalars_of_a_training(seen_of_both: Callable) -> None:
    def train(writer: Any) -> None:
        for step in range(0, 300, 3):
            for length in range(step % 2 + 1):
                writer.add_scalar("charts/episodic_return", 20 + length, step)
            if step % 2 == 0:
                writer.add_scalar("losses/policy_loss", math.sin(step), step)
                writer.add_scalar("losses/value_loss", torch.tensor(1 / 3), global_step=step)
                writer.add_scalar("charts/SPS", step * 7, step)

    real, ours = seen_of_both(train)
    assert len(points(ours)) == 4
    assert points(ours) == points(real)


VALUES = {
    "int": 3,
    "float": 1 / 3,
    "bool": True,
    "large": 10**18,
    "nan": math.nan,
    "inf": -math.inf,
    "numpy scalar": np.float32(0.1),
    "numpy integer": np.int64(-7),
    "array without axes": np.array(2.5),
    "array of one": np.array([[2.5]]),
    "tensor": torch.tensor(2.5),
    "tensor of one": torch.tensor([4]),
    "tensor with a gradient": torch.ones(1, requires_grad=True) * 0.1,
    "half": torch.tensor(0.1, dtype=torch.float16),
}


@pytest.mark.parametrize("value", VALUES.values(), ids=VALUES)
def test_values_of_every_kind(seen_of_both: Callable, value: Any) -> None:
    real, ours = seen_of_both(lambda writer: writer.add_scalar("value", value, 1))
    assert points(ours) == points(real)


def test_arguments_by_place_and_by_name(seen_of_both: Callable) -> None:
    def record(writer: Any) -> None:
        writer.add_scalar("a", 1, 2, 1e9)
        writer.add_scalar(tag="b", scalar_value=2, global_step=np.int32(3), walltime=1e9)
        writer.add_text("note", "**bold**", 4)
        writer.add_histogram("weights", np.arange(50.0), 5, "tensorflow", 1e9, None)
        writer.add_image(tag="image", img_tensor=np.zeros((4, 5, 3), np.uint8), global_step=6, dataformats="HWC")

    real, ours = seen_of_both(record)
    assert points(ours) == points(real)
    assert ours.Tags() == real.Tags()


def test_texts(seen_of_both: Callable) -> None:
    def record(writer: Any) -> None:
        writer.add_text("hyperparameters", "|param|value|\n|-|-|\n|lr|0.1|")
        writer.add_text("note/naïve", "ünï → ☃", 7, 1.5e9)

    real, ours = seen_of_both(record)
    for tag in ("hyperparameters/text_summary", "note/naïve/text_summary"):
        (of_real,), (of_ours,) = real.Tensors(tag), ours.Tensors(tag)
        assert of_ours.tensor_proto.string_val == of_real.tensor_proto.string_val
        assert of_ours.step == of_real.step
    assert of_ours.wall_time == 1.5e9


def test_histograms(seen_of_both: Callable) -> None:
    weights = torch.linspace(-3, 5, 200, requires_grad=True)

    def record(writer: Any) -> None:
        writer.add_histogram("weights", weights, 3)
        writer.add_histogram("counts", np.arange(100), 4, bins="auto")
        writer.add_histogram_raw("raw", 0, 3, 6, 9, 27, [1, 2, 3], [1, 2, 3], 5)

    real, ours = seen_of_both(record)
    assert sorted(ours.Tags()["histograms"]) == ["counts", "raw", "weights"]
    for tag in real.Tags()["histograms"]:
        (of_real,), (of_ours,) = real.Histograms(tag), ours.Histograms(tag)
        assert of_ours.step == of_real.step
        assert of_ours.histogram_value.num == of_real.histogram_value.num
        assert of_ours.histogram_value.max == of_real.histogram_value.max
        assert sum(of_ours.histogram_value.bucket) == sum(of_real.histogram_value.bucket)


def drawn() -> Figure:
    figure = Figure(figsize=(2, 1), dpi=50)
    figure.subplots().plot([1, 2, 3])
    return figure


def test_images_and_figures(seen_of_both: Callable) -> None:
    def record(writer: Any) -> None:
        writer.add_image("image", torch.rand(3, 6, 8), 1)
        writer.add_images("images", np.zeros((4, 3, 6, 8), np.uint8), 2)
        writer.add_figure("figure", drawn(), 3)
        writer.add_image_with_boxes("boxes", np.zeros((3, 20, 20), np.uint8), np.array([[1, 2, 9, 9]]), 4)

    real, ours = seen_of_both(record)
    assert sorted(ours.Tags()["images"]) == ["boxes", "figure", "image", "images"]
    for tag in real.Tags()["images"]:
        (of_real,), (of_ours,) = real.Images(tag), ours.Images(tag)
        assert (of_ours.step, of_ours.width, of_ours.height) == (of_real.step, of_real.width, of_real.height)


@pytest.mark.filterwarnings("ignore:.*torch.jit:DeprecationWarning")
def test_the_rest(seen_of_both: Callable) -> None:
    def record(writer: Any) -> None:
        writer.add_pr_curve("curve", np.array([0, 1, 1]), np.array([0.1, 0.6, 0.9]), 3)
        writer.add_mesh("mesh", torch.rand(1, 4, 3), global_step=4)
        writer.add_custom_scalars({"losses": {"both": ["Multiline", ["losses/.*"]]}})
        writer.add_graph(torch.nn.Linear(2, 1), torch.zeros(1, 2))

    real, ours = seen_of_both(record)
    for tag in ("curve", "custom_scalars__config__"):
        (of_real,), (of_ours,) = real.Tensors(tag), ours.Tensors(tag)
        assert (of_ours.step, of_ours.tensor_proto) == (of_real.step, of_real.tensor_proto)
    # tensorboardX and torch end this tag differently; TensorBoard goes by what stands with it
    (of_real,), (of_ours,) = (
        [view.Tensors(tag) for tag in view.Tags()["tensors"] if tag.startswith("mesh")] for view in (real, ours)
    )
    assert [event.step for event in of_ours] == [event.step for event in of_real] == [4]
    assert ours.Graph() == real.Graph()


def test_embeddings_lie_where_the_projector_looks_for_them(seen_of_both: Callable, in_tmp: Path) -> None:
    def record(writer: Any) -> None:
        writer.add_scalar("a", 1, 1)
        writer.add_embedding(np.eye(3), metadata=["a", "b", "c"], global_step=2, tag="words")

    seen_of_both(record)
    real, ours = (
        {path.relative_to(run).as_posix() for path in run.rglob("*") if path.suffix in (".tsv", ".pbtxt")}
        for run in (in_tmp / "runs" / "real", in_tmp / "runs" / "ours")
    )
    assert len(ours) == 3
    assert ours == real


def test_tensors_of_torch(in_tmp: Path, views: Views) -> None:
    for name, make in (("real", WriterOfTorch), ("ours", SummaryWriter)):
        with make(f"runs/{name}") as writer:
            writer.add_tensor("tensor", torch.arange(3.0), 2)
    found = views(in_tmp / "runs")
    (of_real,), (of_ours,) = found["real"].Tensors("tensor"), found["ours"].Tensors("tensor")
    assert (of_ours.step, of_ours.tensor_proto) == (of_real.step, of_real.tensor_proto)


def test_going_back_hides_what_came_after(in_tmp: Path, views: Views) -> None:
    """`purge_step`: TensorBoard forgets what the crashed process recorded from there on."""
    folder = Path("runs")
    for name, make in (("real", WriterOfTorch), ("ours", SummaryWriter)):
        with make(folder / name) as writer:
            for step in range(10):
                writer.add_scalar("a", step, step)
        with make(folder / name, purge_step=5) as writer:
            for step in range(5, 8):
                writer.add_scalar("a", -step, step)
    found = views(folder)
    assert points(found["ours"]) == points(found["real"])
    assert points(found["ours"])["a"][-3:] == [(5, -5), (6, -6), (7, -7)]
    assert len(points(found["ours"])["a"]) == 8
    assert steps_on_the_slow_page(folder / "ours") == [*range(8)]
    assert len(steps_on_the_slow_page(folder / "real")) == 13  # with the one event of theirs, it hides nothing


def steps_on_the_slow_page(folder: Path) -> list[int]:
    """The steps of the curve `a` that `tensorboard --load_fast=false` draws."""
    from tensorboard.backend.event_processing import plugin_event_accumulator

    page = plugin_event_accumulator.EventAccumulator(str(folder))
    page.Reload()
    return [event.step for event in page.Tensors("a")]
