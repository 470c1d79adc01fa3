"""Whatever call torch's and tensorboardX's `SummaryWriter` take, ours takes: names, order, defaults."""

from __future__ import annotations

import inspect
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from rla.adapt.summary_writer import SummaryWriter

pytest.importorskip("torch")
pytest.importorskip("tensorboard")
pytest.importorskip("tensorboardX")

import tensorboardX  # noqa: E402
from torch.utils.tensorboard import SummaryWriter as WriterOfTorch  # noqa: E402

OTHER_DEFAULTS = {
    ("tensorboardX", "__init__", "comet_config"): "another service is disabled either way",
    ("torch", "add_onnx_graph", "prototxt"): "the file may be given by either name",
    ("tensorboardX", "add_onnx_graph", "onnx_model_file"): "likewise",
}
IN_ANOTHER_PLACE = {
    ("tensorboardX", "add_hparams", "name"): "third, where torch has the domain; told by its type",
    ("tensorboardX", "add_hparams", "global_step"): "fourth, where torch has the name; told by its type",
    ("tensorboardX", "add_scalar", "display_name"): "fifth, where torch has new_style; neither changes anything",
    ("tensorboardX", "add_scalar", "summary_description"): "sixth, likewise",
    ("tensorboardX", "add_image_with_boxes", "dataformats"): "sixth, where torch has rescale; told by its type",
    ("tensorboardX", "add_image_with_boxes", "labels"): "seventh, likewise",
    ("tensorboardX", "add_onnx_graph", "onnx_model_file"): "first, where torch has prototxt; both mean the same",
    ("tensorboardX", "__init__", "logdir"): "first, where torch has log_dir; both mean the same",
    ("tensorboardX", "__init__", "log_dir"): "eighth, where we have logdir",
}
NOT_TAKEN = {
    ("tensorboardX", "__init__", "kwargs"): "it hands them to a class of its own, which takes none",
    ("tensorboardX", "add_image_with_boxes", "kwargs"): "rescale is the only one that there is",
}


def methods() -> Iterator[tuple[str, str, Any]]:
    for package, cls in (("torch", WriterOfTorch), ("tensorboardX", tensorboardX.SummaryWriter)):
        for name, function in inspect.getmembers(cls, inspect.isfunction):
            if not name.startswith("_") or name in ("__init__", "__enter__", "__exit__"):
                yield package, name, function


METHODS = list(methods())


@pytest.mark.parametrize(
    ("package", "name", "function"), METHODS, ids=[f"{package}-{name}" for package, name, _ in METHODS]
)
def test_each_method_is_there_with_its_parameters(package: str, name: str, function: Any, in_tmp: Path) -> None:
    ours = getattr(SummaryWriter, name, None)
    if ours is None:  # by tensorboardX's own writer, with its own signature
        with SummaryWriter("runs/first") as writer:
            assert callable(getattr(writer, name))
        ours = getattr(tensorboardX.SummaryWriter, name)
    if name in ("__enter__", "__exit__"):
        return
    ours_by_name = inspect.signature(ours).parameters
    order = list(ours_by_name)
    for place, parameter in enumerate(inspect.signature(function).parameters.values()):
        at = (package, name, parameter.name)
        if at in NOT_TAKEN:
            continue
        assert parameter.name in ours_by_name, at
        if at not in IN_ANOTHER_PLACE:
            assert order[place] == parameter.name, at
        if at not in OTHER_DEFAULTS:
            assert ours_by_name[parameter.name].default == parameter.default, at


def test_more_than_forty_methods_were_looked_at() -> None:
    assert len(METHODS) > 40


def test_what_none_of_them_has_is_an_attribute_error_that_suggests(in_tmp: Path) -> None:
    with SummaryWriter("runs/first") as writer:
        assert not hasattr(writer, "add_nonsense")
        with pytest.raises(AttributeError, match=r"no attribute 'add_scaler'. Did you mean 'add_scalar'\?"):
            writer.add_scaler("loss", 1, 1)


def test_an_argument_that_is_not_known_is_a_type_error(in_tmp: Path) -> None:
    with SummaryWriter("runs/first") as writer:
        with pytest.raises(TypeError):
            writer.add_scalar("loss", 1, 1, nonsense=True)  # type: ignore[call-arg]
        with pytest.raises(TypeError):
            writer.add_pr_curve("curve", nonsense=True)
    with pytest.raises(TypeError):
        SummaryWriter("runs/first", nonsense=True)  # type: ignore[call-arg]


def test_attributes_that_scripts_read(in_tmp: Path) -> None:
    with SummaryWriter("runs/first", "", None, 10, 120, "") as writer:
        assert writer.log_dir == writer.logdir == writer.get_logdir() == "runs/first"
        assert len(writer.default_bins) == len(WriterOfTorch("runs/real").default_bins)
        assert writer.file_writer.get_logdir().endswith("runs/first")


def test_scalars_can_be_exported_as_tensorboardx_does(in_tmp: Path) -> None:
    import json

    def record(writer: Any) -> None:
        for step in range(3):
            writer.add_scalars("losses", {"policy": step, "value": -step}, step)
            writer.add_scalar("other", 1, step)
        writer.export_scalars_to_json("exported.json")

    exported = []
    for make in (tensorboardX.SummaryWriter, SummaryWriter):
        with make("runs/same") as writer:
            record(writer)
        content = json.loads(Path("exported.json").read_text())
        exported.append({name: [point[1:] for point in points] for name, points in content.items()})
    assert exported[1] == exported[0]
    assert exported[0]["runs/same/losses/value"] == [[0, 0], [1, -1], [2, -2]]
