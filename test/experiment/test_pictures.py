"""ImgRecorder saves pictures into the experiment's results, with the time step in their name and without OpenCV."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from subprocess import CompletedProcess

import numpy as np
import pytest
from PIL import Image

from rla import ImgRecorder, RLAWarning, exp_manager
from rla.errors import NotConfiguredError

Start = Callable[..., None]
COLOURS = np.random.default_rng(0).integers(0, 256, (6, 5, 3), dtype=np.uint8)


def saved() -> list[str]:
    folder = Path(exp_manager.results_dir)
    return sorted(str(path.relative_to(folder)) for path in folder.rglob("*") if path.is_file())


def test_a_picture_is_saved_with_the_time_step(start: Start) -> None:
    start(lr=1)
    exp_manager.set_timestep(1000)
    path = ImgRecorder.save("frame", COLOURS)
    assert path == exp_manager.results_dir + "frame-1000.png"
    assert np.array_equal(np.asarray(Image.open(path)), COLOURS)  # red, green, blue: as it was given


@pytest.mark.parametrize(
    ("name", "file", "format_"),
    [
        (None, "image-0.png", "PNG"),
        ("eval/a.jpg", "eval/a-0.jpg", "JPEG"),
        ("a.JPEG", "a-0.JPEG", "JPEG"),
        ("a.webp", "a-0.webp", "WEBP"),
        ("a.tif", "a-0.tif", "TIFF"),
        ("a.gif", "a-0.gif", "GIF"),
        ("a.bmp", "a-0.bmp", "BMP"),
        ("agent.net", "agent.net-0.png", "PNG"),
        ("../a", "_/a-0.png", "PNG"),
    ],
)
def test_the_ending_of_the_name_says_the_format(start: Start, name: str | None, file: str, format_: str) -> None:
    start(lr=1)
    path = ImgRecorder.save(name, np.zeros((6, 5, 4), np.uint8))
    assert saved() == [file]
    assert Image.open(str(path)).format == format_


def test_a_second_one_of_that_name_gets_a_number_and_with_cover_it_replaces_the_first(start: Start) -> None:
    start(lr=1)
    ImgRecorder.save("a", COLOURS)
    ImgRecorder.save("a", COLOURS)
    path = ImgRecorder.save("a", 255 - COLOURS, cover=True)
    assert saved() == ["a-0-2.png", "a-0.png"]
    assert np.array_equal(np.asarray(Image.open(str(path))), 255 - COLOURS)


def test_without_time_step_the_name_stays(start: Start) -> None:
    start(lr=1)
    ImgRecorder.save("a", COLOURS, add_timestamp=False)
    assert saved() == ["a.png"]


def test_further_arguments_are_those_of_pillow(start: Start) -> None:
    start(lr=1)
    sizes = [Path(str(ImgRecorder.save("a.jpg", COLOURS, quality=quality))).stat().st_size for quality in (5, 95)]
    assert sizes[0] < sizes[1]


def test_pictures_come_as_the_logger_takes_them(start: Start) -> None:
    start(lr=1)
    for picture in (COLOURS.transpose(2, 0, 1), COLOURS / 255, Image.fromarray(COLOURS)):
        path = ImgRecorder.save("a", picture)
        assert np.array_equal(np.asarray(Image.open(str(path))), COLOURS)


def test_a_wrong_picture_is_named(start: Start) -> None:
    start(lr=1)
    with pytest.raises(ValueError, match=r"ImgRecorder.save\('a'\) takes a picture of shape .* got .* shape \(3,\)"):
        ImgRecorder.save("a", np.zeros(3))
    with pytest.raises(TypeError, match="got None"):
        ImgRecorder.save("a")
    assert saved() == []


def test_values_of_another_range_are_told_of(start: Start) -> None:
    start(lr=1, log_used=("csv",))
    with pytest.warns(RLAWarning, match=r"takes floats of 0…1 .* were clipped"):
        ImgRecorder.save("a", COLOURS.astype(float))


def test_without_an_experiment_it_says_what_to_call() -> None:
    with pytest.raises(NotConfiguredError, match="log_files_gen"):
        ImgRecorder.save("a", COLOURS)


def test_neither_matplotlib_nor_opencv_is_loaded(run_experiment: Callable[..., CompletedProcess[str]]) -> None:
    program = """
import numpy
from RLA import ImgRecorder
ImgRecorder.save("a", numpy.zeros((4, 4)))
print([name for name in ("matplotlib", "cv2", "torch") if name in sys.modules])
"""
    done = run_experiment(program)
    assert done.stdout == "[]\n", done.stderr
