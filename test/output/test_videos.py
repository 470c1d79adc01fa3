"""`logger.video` shows a moving GIF in TensorBoard, and saves an MP4 (a GIF where there is no encoder)."""

from __future__ import annotations

import collections
import importlib.util
import io
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image, ImageSequence
from tensorboard.backend.event_processing.event_accumulator import EventAccumulator

from rla import logger

STEP = 1000
COUNT, HEIGHT, WIDTH = 6, 12, 16
RANDOM = np.random.default_rng(0)
FEW_COLOURS = RANDOM.choice(RANDOM.integers(0, 256, (40, 3), dtype=np.uint8), (COUNT, HEIGHT, WIDTH))
GRAY = RANDOM.integers(0, 256, (COUNT, HEIGHT, WIDTH), dtype=np.uint8)

needs_encoder = pytest.mark.skipif(
    importlib.util.find_spec("imageio_ffmpeg") is None, reason="the package imageio-ffmpeg is not installed"
)


@pytest.fixture
def recording(folder: Path) -> Path:
    logger.configure(folder, ["tensorboard"])
    logger.set_time(STEP)
    return folder


@pytest.fixture
def no_encoder(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "imageio_ffmpeg", None)  # as if it was not installed


def frames_of(content: bytes) -> np.ndarray:
    """Return the pictures of a GIF in red, green and blue."""
    with Image.open(io.BytesIO(content)) as movie:
        return np.stack([np.asarray(frame.convert("RGB")) for frame in ImageSequence.Iterator(movie)])


def shown(folder: Path, key: str = "a") -> Any:
    logger.close()
    (event,) = EventAccumulator(str(folder / "tb" / "events")).Reload().Images(key)
    return event


def stacked(gray: np.ndarray) -> np.ndarray:
    return np.stack([gray] * 3, axis=-1)


VIDEOS: dict[str, tuple[Callable[[], Any], np.ndarray]] = {
    "channels last": (lambda: FEW_COLOURS, FEW_COLOURS),
    "channels first": (lambda: FEW_COLOURS.transpose(0, 3, 1, 2), FEW_COLOURS),
    "gray": (lambda: GRAY, stacked(GRAY)),
    "gray with a channel": (lambda: GRAY[:, None], stacked(GRAY)),
    "one of one": (lambda: FEW_COLOURS.transpose(0, 3, 1, 2)[None], FEW_COLOURS),
    "floats": (lambda: FEW_COLOURS / 255, FEW_COLOURS),
    "bools": (lambda: GRAY > 99, stacked(np.where(GRAY > 99, 255, 0).astype(np.uint8))),
    "list": (lambda: list(FEW_COLOURS), FEW_COLOURS),
    "list of channels first": (lambda: list(FEW_COLOURS.transpose(0, 3, 1, 2)), FEW_COLOURS),
    "queue": (lambda: collections.deque(FEW_COLOURS), FEW_COLOURS),
    "generator": (lambda: (frame for frame in FEW_COLOURS), FEW_COLOURS),
    "pictures of Pillow": (lambda: [Image.fromarray(frame) for frame in FEW_COLOURS], FEW_COLOURS),
}


@pytest.mark.parametrize("kind", VIDEOS)
def test_tensorboard_shows_all_frames_whatever_they_came_as(recording: Path, kind: str) -> None:
    make, expected = VIDEOS[kind]
    assert logger.video("a", make(), save=False) is None
    event = shown(recording)
    assert (event.step, event.height, event.width) == (STEP, HEIGHT, WIDTH)
    assert np.array_equal(frames_of(event.encoded_image_string), expected)
    assert not (recording / "results").exists()


def test_opacity_is_left_out(recording: Path) -> None:
    opaque = np.full((COUNT, HEIGHT, WIDTH, 1), 7, np.uint8)
    logger.video("a", np.concatenate([FEW_COLOURS, opaque], axis=-1), save=False)
    assert np.array_equal(frames_of(shown(recording).encoded_image_string), FEW_COLOURS)


def test_several_videos_are_shown_beside_each_other(recording: Path) -> None:
    three = np.stack([GRAY, 255 - GRAY, GRAY[::-1]])[:, :, None]
    logger.video("a", three, save=False)
    event = shown(recording)
    expected = np.zeros((COUNT, 2 * HEIGHT, 2 * WIDTH), np.uint8)
    expected[:, :HEIGHT, :WIDTH], expected[:, :HEIGHT, WIDTH:], expected[:, HEIGHT:, :WIDTH] = (
        GRAY,
        255 - GRAY,
        GRAY[::-1],
    )
    assert np.array_equal(frames_of(event.encoded_image_string), stacked(expected))


def test_a_tensor_of_torch_is_shown(recording: Path) -> None:
    torch = pytest.importorskip("torch")
    logger.video("a", torch.tensor(FEW_COLOURS).permute(0, 3, 1, 2)[None], save=False)
    assert np.array_equal(frames_of(shown(recording).encoded_image_string), FEW_COLOURS)


@pytest.mark.parametrize(("fps", "seconds"), [(30, 0.2), (4, 1.5), (12.5, 0.48), (1000, 0.12)])
def test_it_takes_as_long_as_the_pace_says(recording: Path, fps: float, seconds: float) -> None:
    """Hundredths of a second are what a GIF counts; browsers show no more than 50 pictures in a second."""
    logger.video("a", FEW_COLOURS, fps=fps, save=False)
    with Image.open(io.BytesIO(shown(recording).encoded_image_string)) as movie:
        durations = [frame.info["duration"] for frame in ImageSequence.Iterator(movie)]
    assert sum(durations) / 1000 == pytest.approx(seconds, abs=0.01)
    assert movie.info["loop"] == 0


def test_without_an_encoder_a_gif_is_saved_and_one_warning_names_the_extra(
    recording: Path, said: list[str], no_encoder: None
) -> None:
    paths = [logger.video("rollout", FEW_COLOURS) for _ in range(2)]
    assert paths == [str(recording / "results" / name) for name in ("rollout-1000.gif", "rollout-1000-2.gif")]
    assert all(np.array_equal(frames_of(Path(str(path)).read_bytes()), FEW_COLOURS) for path in paths)
    (warning,) = said
    assert "saved as .gif" in warning
    assert "pip install 'RLA[video]'" in warning


def test_without_tensorboard_and_encoder_the_gif_is_saved(folder: Path, said: list[str], no_encoder: None) -> None:
    logger.configure(folder, ["csv"])
    path = logger.video("rollout", FEW_COLOURS)
    assert np.array_equal(frames_of(Path(str(path)).read_bytes()), FEW_COLOURS)


# ---- with the encoder ------------------------------------------------------------------------------------------------


@pytest.fixture
def decoded() -> Iterator[Callable[[str], np.ndarray]]:
    """Decode a video with the encoder's own program."""
    import imageio_ffmpeg

    def decode(path: str) -> np.ndarray:
        movie = imageio_ffmpeg.read_frames(path)
        width, height = next(movie)["size"]
        return np.stack([np.frombuffer(frame, np.uint8).reshape(height, width, 3) for frame in movie])

    return decode


@needs_encoder
def test_an_mp4_is_saved_that_looks_like_the_frames(
    recording: Path, said: list[str], decoded: Callable[[str], np.ndarray]
) -> None:
    across = np.linspace(0, 255, 64, dtype=np.uint8)
    frames = np.stack([np.stack([np.roll(np.tile(across, (48, 1)), 4 * step, 1)] * 3, -1) for step in range(20)])
    path = logger.video("eval/rollout", frames, fps=10)
    assert path == str(recording / "results" / "eval" / "rollout-1000.mp4")
    found = decoded(path)
    assert found.shape == frames.shape
    assert np.abs(found.astype(int) - frames).mean() < 5
    assert said == []
    assert frames_of(shown(recording, "eval/rollout").encoded_image_string).shape == frames.shape


@needs_encoder
@pytest.mark.parametrize("shape", [(3, 21, 33, 3), (3, 20, 33), (1, 1, 1, 3), (2, 84, 84, 1)])
def test_sides_of_odd_length_grow_by_a_pixel(
    recording: Path, shape: tuple[int, ...], decoded: Callable[[str], np.ndarray]
) -> None:
    path = logger.video("a", np.full(shape, 200, np.uint8))
    count, height, width = decoded(str(path)).shape[:3]
    assert (count, height, width) == (shape[0], shape[1] + shape[1] % 2, shape[2] + shape[2] % 2)


@needs_encoder
def test_the_mp4_has_pace_and_colours_that_every_player_takes(recording: Path) -> None:
    import imageio_ffmpeg

    path = logger.video("a", np.repeat(FEW_COLOURS, 10, axis=0), fps=12.5)
    program = [imageio_ffmpeg.get_ffmpeg_exe(), "-hide_banner", "-i", str(path)]
    told = subprocess.run(program, capture_output=True, text=True, check=False).stderr
    assert "h264" in told
    assert "yuv420p" in told
    assert "12.50 fps" in told
    assert "Duration: 00:00:04.80" in told


@needs_encoder
def test_without_tensorboard_the_mp4_is_all(folder: Path, said: list[str]) -> None:
    logger.configure(folder, ["csv"])
    assert str(logger.video("a", FEW_COLOURS)).endswith("a-0.mp4")
    assert said == []
