"""`logger.image` shows a picture in TensorBoard and saves it as PNG: the same pixels, whatever they came as."""

from __future__ import annotations

import io
import math
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image
from tensorboard.backend.event_processing.event_accumulator import EventAccumulator

from rla import logger

STEP = 1000
RANDOM = np.random.default_rng(0)
COLOURS = RANDOM.integers(0, 256, (7, 5, 3), dtype=np.uint8)
GRAY = COLOURS[..., 0]
WITH_OPACITY = RANDOM.integers(0, 256, (7, 5, 4), dtype=np.uint8)


@pytest.fixture
def recording(folder: Path) -> Path:
    logger.configure(folder, ["tensorboard"])
    logger.set_time(STEP)
    return folder


def pixels(content: bytes) -> np.ndarray:
    return np.asarray(Image.open(io.BytesIO(content)))


def shown(folder: Path, key: str = "a") -> Any:
    logger.close()
    (event,) = EventAccumulator(str(folder / "tb" / "events")).Reload().Images(key)
    return event


@pytest.mark.parametrize("picture", [GRAY, COLOURS, WITH_OPACITY], ids=["gray", "colours", "opacity"])
def test_tensorboard_and_the_file_have_the_pixels_that_were_given(recording: Path, picture: np.ndarray) -> None:
    path = logger.image("eval/frame", picture)
    assert path == str(recording / "results" / "eval" / "frame-1000.png")
    assert np.array_equal(pixels(Path(path).read_bytes()), picture)
    event = shown(recording, "eval/frame")
    assert (event.step, event.height, event.width) == (STEP, 7, 5)
    assert np.array_equal(pixels(event.encoded_image_string), picture)


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        (GRAY[..., None], GRAY),
        (GRAY[None], GRAY),
        (COLOURS.transpose(2, 0, 1), COLOURS),
        (WITH_OPACITY.transpose(2, 0, 1), WITH_OPACITY),
        (COLOURS[:3], COLOURS[:3]),  # (3, 5, 3): the last axis can be that of the channels, so it is
        (COLOURS[::-1, ::2], COLOURS[::-1, ::2]),
        (GRAY > 100, np.where(GRAY > 100, 255, 0)),
        (COLOURS / 255, COLOURS),
        ((COLOURS / 255).astype(np.float32), COLOURS),
        (COLOURS.astype(np.int64), COLOURS),
        (GRAY.tolist(), GRAY),
        (Image.fromarray(COLOURS), COLOURS),
        (Image.fromarray(COLOURS).convert("P"), np.asarray(Image.fromarray(COLOURS).convert("P").convert("RGB"))),
        (Image.fromarray(GRAY).convert("1"), np.asarray(Image.fromarray(GRAY).convert("1").convert("L"))),
        (Image.fromarray(GRAY).convert("LA"), np.asarray(Image.fromarray(GRAY).convert("LA").convert("RGBA"))),
    ],
    ids=[
        *("one channel last", "one channel first", "channels first", "four first", "three rows", "a view", "bools"),
        *("floats", "single floats", "integers", "lists", "Pillow", "palette", "one bit", "gray with opacity"),
    ],
)
def test_a_picture_comes_in_many_kinds(recording: Path, given: Any, expected: np.ndarray, said: list[str]) -> None:
    path = logger.image("a", given)
    assert path is not None
    assert np.array_equal(pixels(Path(path).read_bytes()), expected)
    assert said == []


def test_a_tensor_of_torch_may_have_a_gradient(recording: Path) -> None:
    torch = pytest.importorskip("torch")
    tensor = torch.tensor(COLOURS / 255).permute(2, 0, 1).requires_grad_()
    assert np.array_equal(pixels(Path(str(logger.image("a", tensor))).read_bytes()), COLOURS)
    half = torch.tensor([[0.0, 1.0]], dtype=torch.bfloat16)
    assert pixels(Path(str(logger.image("b", half))).read_bytes()).tolist() == [[0, 255]]


def test_nan_is_black_and_what_is_beyond_the_range_is_clipped(recording: Path, said: list[str]) -> None:
    path = logger.image("a", np.array([[math.nan, -0.1, 0.0], [0.5, 1.2, math.inf]]))
    assert path is not None
    assert pixels(Path(path).read_bytes()).tolist() == [[0, 0, 0], [128, 255, 255]]


@pytest.mark.parametrize(
    ("picture", "sentence"),
    [
        (COLOURS.astype(float), "takes floats of 0…1 (or uint8 of 0…255); those from 0 to 2"),
        (COLOURS / 127.5 - 1, "takes floats of 0…1 (or uint8 of 0…255); those from -1 to"),
        (np.array([[-3, 300]]), "takes integers of 0…255; those from -3 to 300 were clipped"),
    ],
    ids=["bytes as floats", "-1…1", "integers"],
)
def test_values_of_another_range_are_told_of_once_for_a_key(
    recording: Path, picture: np.ndarray, sentence: str, said: list[str]
) -> None:
    for _ in range(2):
        logger.image("frame", picture)
    (warning,) = said
    assert "logger.image('frame')" in warning
    assert sentence in warning


def test_with_save_false_there_is_no_file(recording: Path) -> None:
    assert logger.image("a", COLOURS, save=False) is None
    assert not (recording / "results").exists()
    assert np.array_equal(pixels(shown(recording).encoded_image_string), COLOURS)


def test_the_picture_of_a_gymnasium_environment_is_shown(recording: Path) -> None:
    gymnasium = pytest.importorskip("gymnasium")

    class Screen(gymnasium.Env):  # type: ignore[misc,name-defined]
        render_mode = "rgb_array"

        def render(self) -> np.ndarray:
            return COLOURS

    assert np.array_equal(pixels(Path(str(logger.image("a", Screen().render()))).read_bytes()), COLOURS)


def test_neither_torch_nor_tensorboardx_is_loaded_for_it(run_python: Callable[..., Any]) -> None:
    program = """
import sys, numpy
from rla import logger
logger.configure("run", ["tensorboard"])
logger.image("a", numpy.zeros((3, 3)))
logger.histogram("b", numpy.zeros(3))
logger.video("c", numpy.zeros((2, 3, 3)))
logger.audio("d", numpy.zeros(3), 8000)
logger.table("e", {"a": [1]})
logger.text("f", "text")
logger.close()
print([name for name in ("torch", "tensorboardX", "tensorboard", "pandas", "matplotlib") if name in sys.modules])
"""
    assert run_python(program).stdout.splitlines()[-1] == "[]"
