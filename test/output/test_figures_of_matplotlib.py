"""`logger.figure` shows a figure in TensorBoard and saves it; the figure, pyplot and its backend stay as they are."""

from __future__ import annotations

import io
import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import matplotlib

matplotlib.use("agg")

import matplotlib.pyplot as plt
import numpy as np
import pytest
from matplotlib.figure import Figure
from PIL import Image
from tensorboard.backend.event_processing.event_accumulator import EventAccumulator

from rla import logger

STEP = 1000


@pytest.fixture(autouse=True)
def no_figures() -> Iterator[None]:
    plt.close("all")
    yield
    plt.close("all")


@pytest.fixture
def recording(folder: Path) -> Path:
    logger.configure(folder, ["tensorboard"])
    logger.set_time(STEP)
    return folder


def drawn(colour: str = "red") -> Figure:
    figure = Figure(figsize=(2, 1), facecolor=colour)
    figure.subplots().plot([1, 3, 2])
    return figure


def corner(path: str | None) -> tuple[int, ...]:
    return tuple(Image.open(str(path)).convert("RGB").getpixel((0, 0)))  # type: ignore[arg-type]


def test_tensorboard_and_the_file_have_the_same_picture(recording: Path) -> None:
    path = logger.figure("eval/policy", drawn())
    assert path == str(recording / "results" / "eval" / "policy-1000.png")
    logger.close()
    (event,) = EventAccumulator(str(recording / "tb" / "events")).Reload().Images("eval/policy")
    assert event.encoded_image_string == Path(path).read_bytes()
    with Image.open(io.BytesIO(event.encoded_image_string)) as image:
        assert (event.step, event.width, event.height) == (STEP, *image.size)
    assert corner(path) == (255, 0, 0)


def test_the_current_figure_of_pyplot_is_taken_when_none_is_given(recording: Path) -> None:
    plt.figure(facecolor="blue")
    plt.figure(facecolor="lime")
    plt.figure(1)
    assert corner(logger.figure("a")) == (0, 0, 255)


def test_no_figure_is_closed_and_the_current_one_stays(recording: Path) -> None:
    first, second = plt.figure(), plt.figure()
    logger.figure("given", first)
    logger.figure("not of pyplot", drawn())
    assert plt.get_fignums() == [first.number, second.number]
    assert plt.gcf() is second
    logger.figure("current")
    assert plt.get_fignums() == [first.number, second.number]


def test_a_figure_can_be_drawn_on_and_recorded_again(recording: Path) -> None:
    figure = drawn()
    canvas, size, dpi = figure.canvas, tuple(figure.get_size_inches()), figure.dpi
    paths = [logger.figure("a", figure)]
    assert (figure.canvas, tuple(figure.get_size_inches()), figure.dpi) == (canvas, size, dpi)
    figure.set_facecolor("blue")
    paths.append(logger.figure("a", figure))
    assert [corner(path) for path in paths] == [(255, 0, 0), (0, 0, 255)]


def test_style_and_backend_stay_as_they_were(recording: Path) -> None:
    before = (matplotlib.get_backend(), dict(matplotlib.rcParams))
    logger.figure("a", drawn())
    assert (matplotlib.get_backend(), dict(matplotlib.rcParams)) == before


@pytest.mark.parametrize("save", [True, False])
def test_only_what_is_to_be_saved_is(recording: Path, save: bool) -> None:
    assert (logger.figure("a", drawn(), save=save) is not None) == save
    assert (recording / "results").exists() == save


def test_threads_record_figures_of_their_own_at_once(recording: Path) -> None:
    colours = {"red": (255, 0, 0), "lime": (0, 255, 0), "blue": (0, 0, 255), "black": (0, 0, 0)}
    paths: dict[str, list[str | None]] = {colour: [] for colour in colours}

    def record(colour: str) -> None:
        for _ in range(3):
            paths[colour].append(logger.figure("same", drawn(colour)))

    threads = [threading.Thread(target=record, args=(colour,)) for colour in colours]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert {colour: {corner(path) for path in found} for colour, found in paths.items()} == {
        colour: {pixel} for colour, pixel in colours.items()
    }
    assert len({path for found in paths.values() for path in found}) == 12


def test_a_figure_that_cannot_be_drawn_is_told_of_once_and_the_training_goes_on(
    recording: Path, said: list[str]
) -> None:
    figure = drawn()
    figure.suptitle(r"$\nonsense{$")
    assert [logger.figure("broken", figure) for _ in range(2)] == [None, None]
    (warning,) = said
    assert "'broken' could not be recorded: ValueError" in warning
    assert logger.figure("fine", drawn()) is not None


def test_nothing_of_pyplot_is_loaded_for_a_figure_of_its_own(run_python: Callable[..., Any]) -> None:
    program = """
import sys
from matplotlib.figure import Figure
from rla import logger
logger.configure("run", ["tensorboard"])
figure = Figure()
figure.subplots().plot([1, 2])
print(logger.figure("a", figure), "matplotlib.pyplot" in sys.modules)
try:
    logger.figure("a")
except ValueError as error:
    print(error)
"""
    done = run_python(program, env={"DISPLAY": "", "MPLBACKEND": ""})
    *_, first, second = done.stdout.splitlines()
    assert first.endswith("/run/results/a-0.png False")
    assert second == "logger.figure('a') takes a figure of matplotlib; got None, and pyplot has no figure to take."


def test_a_backend_that_needs_a_screen_is_neither_needed_nor_switched(run_python: Callable[..., Any]) -> None:
    program = """
import matplotlib
from matplotlib.figure import Figure
from rla import logger
logger.configure("run", ["tensorboard"])
figure = Figure()
figure.subplots().plot([1, 2])
print(logger.figure("a", figure) is not None, matplotlib.rcParams._get_backend_or_none())
"""
    done = run_python(program, env={"DISPLAY": "", "MPLBACKEND": "tkagg"})
    assert done.stdout.splitlines()[-1].lower() == "true tkagg", done.stderr


def test_the_picture_is_not_empty(recording: Path) -> None:
    assert len(np.unique(np.asarray(Image.open(str(logger.figure("a", drawn("white"))))))) > 10
