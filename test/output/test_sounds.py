"""`logger.audio` lets a sound be heard in TensorBoard, and saves it as WAV."""

from __future__ import annotations

import io
import math
import wave
from pathlib import Path

import numpy as np
import pytest
from tensorboard.backend.event_processing.event_accumulator import EventAccumulator

from rla import logger

STEP = 1000
RATE = 8000
SAMPLES = np.random.default_rng(0).integers(-32768, 32768, 500, dtype=np.int16)
STEREO = SAMPLES.reshape(250, 2)


@pytest.fixture
def recording(folder: Path) -> Path:
    logger.configure(folder, ["tensorboard"])
    logger.set_time(STEP)
    return folder


def heard(content: bytes) -> tuple[int, np.ndarray]:
    """Return the rate and the samples of a WAV file."""
    with wave.open(io.BytesIO(content)) as file:
        assert file.getsampwidth() == 2
        samples = np.frombuffer(file.readframes(file.getnframes()), "<i2")
        return file.getframerate(), samples.reshape(-1, file.getnchannels())


@pytest.mark.parametrize("samples", [SAMPLES, STEREO], ids=["one channel", "two channels"])
def test_tensorboard_and_the_file_have_the_samples_that_were_given(recording: Path, samples: np.ndarray) -> None:
    path = logger.audio("eval/sound", samples, RATE)
    assert path == str(recording / "results" / "eval" / "sound-1000.wav")
    logger.close()
    (event,) = EventAccumulator(str(recording / "tb" / "events")).Reload().Audio("eval/sound")
    assert (event.step, event.content_type, event.sample_rate) == (STEP, "audio/wav", RATE)
    assert event.length_frames == len(samples)
    for content in (Path(path).read_bytes(), event.encoded_audio_string):
        rate, found = heard(content)
        assert rate == RATE
        assert np.array_equal(found, samples.reshape(len(samples), -1))


def test_floats_are_scaled_nan_is_silence_and_what_is_beyond_is_clipped(recording: Path, said: list[str]) -> None:
    path = logger.audio("a", [0.0, 1.0, -1.0, 0.5, 1.2, math.nan, math.inf, -1.5], RATE)
    assert heard(Path(str(path)).read_bytes())[1].ravel().tolist() == [
        *(0, 32767, -32767, 16384, 32767, 0, 32767, -32767)
    ]


@pytest.mark.parametrize("dtype", ["float16", "float32", "bfloat16"])
def test_a_tensor_of_torch_may_have_a_gradient(recording: Path, dtype: str) -> None:
    torch = pytest.importorskip("torch")
    tensor = torch.tensor([0.0, 1.0], dtype=getattr(torch, dtype), requires_grad=True)
    path = logger.audio("a", tensor, np.int64(RATE))
    assert heard(Path(str(path)).read_bytes())[1].ravel().tolist() == [0, 32767]


def test_samples_of_another_range_are_told_of_once_for_a_key(recording: Path, said: list[str]) -> None:
    for _ in range(2):
        logger.audio("sound", SAMPLES.astype(np.float32), RATE)
    (warning,) = said
    assert "logger.audio('sound') takes floats of -1…1 (or int16); those of up to ±327" in warning


def test_with_save_false_there_is_no_file(recording: Path) -> None:
    assert logger.audio("a", SAMPLES, RATE, save=False) is None
    assert not (recording / "results").exists()
    logger.close()
    assert len(EventAccumulator(str(recording / "tb" / "events")).Reload().Audio("a")) == 1
