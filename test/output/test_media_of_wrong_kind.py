"""What is no picture, video, sound, figure or table raises at once, and says what was expected and what came."""

from __future__ import annotations

import math
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from rla import logger

Make = Callable[[], Any]

WRONG: dict[str, tuple[str, Make, type[Exception], list[str]]] = {
    "image: one axis": ("image", lambda: np.zeros(5), ValueError, ["(height, width)", "shape (5,)", "float64"]),
    "image: two channels": ("image", lambda: np.zeros((2, 8, 2)), ValueError, ["1, 3 or 4 channels", "(2, 8, 2)"]),
    "image: a batch": ("image", lambda: np.zeros((9, 8, 8, 3)), ValueError, ["(9, 8, 8, 3)", "logger.video"]),
    "image: empty": ("image", lambda: np.zeros((0, 8, 3)), ValueError, ["(0, 8, 3)", "empty"]),
    "image: a number": ("image", lambda: 3.0, ValueError, ["got a float of shape ()"]),
    "image: objects": ("image", lambda: np.array([[None, 1]]), TypeError, ["uint8 of 0…255", "type object"]),
    "image: texts": ("image", lambda: np.array([["a"]]), TypeError, ["type <U1"]),
    "image: complex": ("image", lambda: np.zeros((4, 4), complex), TypeError, ["type complex128"]),
    "image: a path": ("image", lambda: "frame.png", TypeError, ["got a str"]),
    "image: nothing": ("image", lambda: None, TypeError, ["got None", "render_mode='rgb_array'"]),
    "image: ragged": ("image", lambda: [[1, 2], [3]], ValueError, ["got a list that is no array"]),
    "video: one picture": ("video", lambda: np.zeros((8, 8)), ValueError, ["(time, height, width)", "(8, 8)"]),
    "video: six axes": ("video", lambda: np.zeros((1, 1, 1, 1, 8, 8)), ValueError, ["(1, 1, 1, 1, 8, 8)"]),
    "video: two channels": ("video", lambda: np.zeros((5, 8, 8, 2)), ValueError, ["(5, 8, 8, 2)", "float64"]),
    "video: no frames": ("video", list, ValueError, ["got no pictures"]),
    "video: empty": ("video", lambda: np.zeros((0, 8, 8)), ValueError, ["(0, 8, 8)", "empty"]),
    "video: None in it": ("video", lambda: [np.zeros((8, 8)), None], TypeError, ["picture 1", "render_mode"]),
    "video: two sizes": ("video", lambda: [np.zeros((8, 8)), np.zeros((8, 9))], ValueError, ["picture 1 is (8, 9, 1)"]),
    "video: a path": ("video", lambda: "movie.mp4", TypeError, ["got a str"]),
    "video: nothing": ("video", lambda: None, TypeError, ["got None", "render_mode"]),
    "histogram: empty": ("histogram", list, ValueError, ["an array of numbers", "(0,)", "empty"]),
    "histogram: texts": ("histogram", lambda: ["a", "b"], TypeError, ["an array of numbers", "<U1"]),
    "histogram: objects": ("histogram", lambda: [object()], TypeError, ["type object"]),
    "histogram: a dict": ("histogram", lambda: {"a": 1}, TypeError, ["got a dict"]),
    "histogram: nothing": ("histogram", lambda: None, TypeError, ["got None"]),
    "figure: an array": ("figure", lambda: np.zeros((8, 8)), TypeError, ["a figure of matplotlib", "numpy.ndarray"]),
    "table: a text": ("table", lambda: "a,b", TypeError, ["a DataFrame, a list of dicts", "got a str"]),
    "table: a number": ("table", lambda: 3, TypeError, ["got an int"]),
    "table: rows that are lists": ("table", lambda: [[1, 2]], TypeError, ["row 0 is a list"]),
    "table: one row": (
        "table",
        lambda: {"a": 1, "b": 2},
        TypeError,
        ["column 'a' is an int", "into a list"],
    ),
    "table: a text as a column": ("table", lambda: {"a": "xyz"}, TypeError, ["column 'a' is a str"]),
    "table: two lengths": ("table", lambda: {"a": [1], "b": [1, 2]}, ValueError, ["1 of 'a'", "2 of 'b'"]),
    "table: no rows": ("table", list, ValueError, ["no columns"]),
    "table: nothing": ("table", lambda: None, TypeError, ["got None"]),
    "text: a number": ("text", lambda: 3, TypeError, ["takes a text", "got an int"]),
}


@pytest.fixture(params=["recording", "not recording", "muted"])
def state(request: pytest.FixtureRequest, folder: Path) -> str:
    """Whether anything is recorded: a wrong call is wrong on every rank."""
    if request.param == "recording":
        logger.configure(folder, ["tensorboard"])
    elif request.param == "muted":
        logger.get_current().mute()
    return str(request.param)


@pytest.mark.parametrize("wrong", WRONG)
def test_a_wrong_value_is_named_with_what_was_expected_and_what_came(folder: Path, wrong: str, said: list[str]) -> None:
    name, make, kind, parts = WRONG[wrong]
    logger.configure(folder, ["tensorboard"])
    with pytest.raises(kind) as raised:
        getattr(logger, name)("the/key", make())
    message = str(raised.value)
    assert message.startswith(f"logger.{name}('the/key')")
    assert [part for part in parts if part not in message] == [], message
    assert said == []
    assert not (folder / "results").exists()


def test_it_raises_whether_anything_is_recorded_or_not(state: str, said: list[str]) -> None:
    with pytest.raises(ValueError, match="shape"):
        logger.image("a", np.zeros(3))
    assert said == []


@pytest.mark.parametrize("fps", [0, -1, math.nan, math.inf])
def test_a_pace_is_above_zero(fps: float) -> None:
    with pytest.raises(ValueError, match=r"logger\.video\('a'\) takes as fps .*above 0; got"):
        logger.video("a", np.zeros((2, 8, 8)), fps=fps)


@pytest.mark.parametrize("fps", ["30", None, True])
def test_a_pace_is_a_number(fps: Any) -> None:
    with pytest.raises(TypeError, match="takes as fps a number of pictures per second"):
        logger.video("a", np.zeros((2, 8, 8)), fps=fps)


@pytest.mark.parametrize("rate", [0, -8000, 8000.5, 1e9, math.nan])
def test_a_sample_rate_is_a_whole_number_above_zero(rate: float) -> None:
    with pytest.raises(ValueError, match=r"logger\.audio\('a'\) takes as sample_rate a whole number"):
        logger.audio("a", np.zeros(8), sample_rate=rate)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("samples", "kind", "part"),
    [
        (np.zeros((2, 8000)), ValueError, "shape (2, 8000) and type float64. Give it transposed."),
        (np.zeros((3, 3, 3)), ValueError, "shape (3, 3, 3)"),
        (np.float64(0.0), ValueError, "shape ()"),
        (np.zeros(0), ValueError, "empty"),
        (np.zeros(8, np.int32), TypeError, "floats of -1…1 or int16; got a numpy.ndarray of shape (8,) and type int32"),
        (np.zeros(8, np.uint8), TypeError, "type uint8"),
        ("sound.wav", TypeError, "got a str"),
        (None, TypeError, "got None"),
    ],
)
def test_a_wrong_sound_is_named_with_what_came(samples: Any, kind: type[Exception], part: str) -> None:
    with pytest.raises(kind) as raised:
        logger.audio("the/key", samples, 8000)
    assert str(raised.value).startswith("logger.audio('the/key') takes samples of shape (samples,)")
    assert part in str(raised.value)


@pytest.mark.parametrize("name", ["image", "video", "histogram", "figure", "table", "text"])
def test_a_key_is_a_text(name: str) -> None:
    with pytest.raises(TypeError, match=rf"logger\.{name}\(\) takes a text as its key; got an int"):
        getattr(logger, name)(3, "text" if name == "text" else np.zeros((8, 8)))


def test_axes_are_no_figure_but_have_one() -> None:
    from matplotlib.figure import Figure

    with pytest.raises(TypeError, match=r"got a matplotlib.axes._axes.Axes. Its \.figure is one\."):
        logger.figure("a", Figure().subplots())
