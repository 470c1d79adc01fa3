"""What fails while something is shown in TensorBoard gets one warning; the training and the other records go on."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from rla.adapt.summary_writer import SummaryWriter
from rla.errors import MissingPackageError
from rla.optional import require


def without(package: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Make a package look as if it was not installed."""
    for name in [name for name in sys.modules if name.partition(".")[0] == package]:
        monkeypatch.delitem(sys.modules, name)
    monkeypatch.setitem(sys.modules, package, None)


CALLS: dict[str, Callable[[SummaryWriter, int], object]] = {
    "image without a format": lambda writer, step: writer.add_image("broken", np.zeros(3), step, dataformats="none"),
    "empty histogram": lambda writer, step: writer.add_histogram("broken", np.zeros(0), step),
    "histogram of texts": lambda writer, step: writer.add_histogram("broken", ["a"], step),
    "figure that is none": lambda writer, step: writer.add_figure("broken", object(), step),
    "video of no shape": lambda writer, step: writer.add_video("broken", np.zeros(3), step),
    "graph of no model": lambda writer, step: writer.add_graph(object()),
    "file that is not there": lambda writer, step: writer.add_onnx_graph("nowhere.onnx"),
    "hyper-parameters with a strange name": lambda writer, step: writer.add_hparams({"\udc80": 1}, {}),
}


@pytest.mark.parametrize("call", CALLS.values(), ids=CALLS)
def test_what_cannot_be_packed_warns_once(
    call: Callable[[SummaryWriter, int], object], in_tmp: Path, said: list[str], runs: Callable, capfd: Any
) -> None:
    with SummaryWriter("runs/first") as writer:
        for step in range(3):
            call(writer, step)
            writer.add_scalar("loss", step, step)
    warnings = [text for text in said if "could not be shown in TensorBoard" in text]
    assert len(warnings) == 1
    assert (in_tmp / "runs" / "first" / "warn.txt").read_text().count("could not be shown") == 1
    assert runs(in_tmp / "runs")["first"]["loss"] == [(0, 0), (1, 1), (2, 2)]


def test_scalars_and_texts_need_no_tensorboardx(
    in_tmp: Path, said: list[str], views: Callable, monkeypatch: pytest.MonkeyPatch
) -> None:
    without("tensorboardX", monkeypatch)
    with SummaryWriter("runs/first") as writer:
        writer.add_scalar("a", 1, 1)
        writer.add_scalars("b", {"c": 2}, 1)
        writer.add_text("note", "text")
    (view,) = views(in_tmp / "runs").values()
    assert view.Tags()["scalars"] == ["a", "b/c"]
    assert "note/text_summary" in view.Tags()["tensors"]
    assert said == []


@pytest.mark.parametrize("method", ["add_histogram", "add_pr_curve"])
def test_a_missing_tensorboardx_is_told_of_once_in_one_sentence(
    method: str, in_tmp: Path, said: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    without("tensorboardX", monkeypatch)
    with SummaryWriter("runs/first") as writer:
        for step in range(3):
            getattr(writer, method)("tag", np.eye(3), step)
        assert not hasattr(writer, "default_bins")
    (warning,) = said
    assert "This needs the package 'tensorboardX' 2.6 or newer, which is not installed: pip install" in warning


def test_importing_the_writer_and_recording_scalars_loads_nothing_heavy(
    run_python: Callable[..., subprocess.CompletedProcess[str]],
) -> None:
    program = """
import sys
from rla.adapt.summary_writer import SummaryWriter
from rla.adapt.python_logging import capture_logging
capture_logging()
with SummaryWriter("runs/first") as writer:
    writer.add_scalar("a", 1, 1)
    writer.add_text("note", "text")
heavy = ("torch", "tensorboardX", "tensorboard", "numpy", "pandas", "matplotlib")
print([name for name in heavy if name in sys.modules])
"""
    assert run_python(program).stdout.strip() == "[]"


# ---- versions -----------------------------------------------------------------------------------------------------


@pytest.fixture
def package(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[[str], None]:
    """Put a package ``some_package`` of a version on the path; ``""`` tells none."""

    def install(version: str) -> None:
        text = f"__version__ = {version!r}\n" if version else ""
        (tmp_path / "some_package.py").write_text(text)
        monkeypatch.syspath_prepend(tmp_path)
        monkeypatch.delitem(sys.modules, "some_package", raising=False)

    return install


@pytest.mark.parametrize(
    ("version", "minimum"),
    [("2.6", "2.6"), ("2.6.0", "2.6"), ("2.10", "2.9"), ("2.13.0+cpu", "2.13"), ("3", "2.9.9"), ("2.6", "2.6.0")],
)
def test_a_package_that_is_new_enough_is_returned(package: Callable[[str], None], version: str, minimum: str) -> None:
    package(version)
    assert require("some_package", "torch", minimum=minimum).__version__ == version


@pytest.mark.parametrize(
    ("version", "minimum"), [("2.5.9", "2.6"), ("2.9", "2.10"), ("1.13.0+cpu", "2"), ("2", "2.0.1")]
)
def test_one_that_is_too_old_is_told_with_both_versions(
    package: Callable[[str], None], version: str, minimum: str
) -> None:
    package(version)
    with pytest.raises(MissingPackageError) as caught:
        require("some_package", "torch", minimum=minimum)
    assert str(caught.value) == (
        f"This needs the package 'some_package' {minimum} or newer, "
        f"and {version} is installed: pip install -U 'RLA[torch]'"
    )


@pytest.mark.parametrize("version", ["", "unknown"])
def test_one_that_tells_no_version_is_believed(package: Callable[[str], None], version: str) -> None:
    package(version)
    assert require("some_package", "torch", minimum="2.6") is sys.modules["some_package"]


def test_a_version_that_only_the_distribution_tells_counts(monkeypatch: pytest.MonkeyPatch) -> None:
    import importlib.metadata

    import psutil

    monkeypatch.delattr(psutil, "__version__")
    assert require("psutil", "torch", minimum="1.0") is psutil
    with pytest.raises(MissingPackageError, match=f"and {importlib.metadata.version('psutil')} is installed"):
        require("psutil", "torch", minimum="1000")


def test_one_that_is_missing_is_told_with_the_version_that_is_wanted() -> None:
    with pytest.raises(MissingPackageError) as caught:
        require("no_such_package.part", "torch", minimum="2.6")
    assert str(caught.value) == (
        "This needs the package 'no_such_package' 2.6 or newer, which is not installed: pip install 'RLA[torch]'"
    )
    with pytest.raises(MissingPackageError, match="'no_such_package', which is not installed"):
        require("no_such_package", "torch")
