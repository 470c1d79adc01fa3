"""An encoder of videos that fails or hangs costs one warning and a bounded time; the GIF is saved then."""

from __future__ import annotations

import signal
import sys
from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest

from rla import logger
from rla.output.media import encoders

FRAMES = np.random.default_rng(0).integers(0, 256, (4, 30, 20, 3), dtype=np.uint8)


@pytest.fixture
def recording(folder: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setattr(encoders, "_gave_up", set())
    logger.configure(folder, ["tensorboard"])
    return folder


@pytest.fixture
def encoder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[[str], Path]:
    """Let a shell script be the encoder: ``encoder("exit 3")``."""

    def install(script: str) -> Path:
        program = tmp_path / "encoder"
        program.write_text(f"#!/bin/sh\n{script}\n")
        program.chmod(0o755)
        package = SimpleNamespace(get_ffmpeg_exe=lambda: str(program))
        monkeypatch.setitem(sys.modules, "imageio_ffmpeg", package)  # type: ignore[arg-type]
        return program

    return install


@pytest.mark.parametrize(
    ("script", "sentence"),
    [
        ("cat > /dev/null\necho 'no such codec' >&2\nexit 3", "failed: no such codec"),
        ("exit 3", "failed: it said nothing"),
        ("cat > /dev/null\nkill -9 $$", "failed: it said nothing"),
        ("exit 0", "failed: it said nothing"),
    ],
    ids=["error", "reads nothing", "killed", "writes nothing"],
)
def test_one_that_fails_is_told_of_once_and_the_gif_is_saved(
    recording: Path, encoder: Callable[[str], Path], said: list[str], script: str, sentence: str
) -> None:
    program = encoder(script)
    paths = [logger.video("rollout", FRAMES) for _ in range(2)]
    assert [str(path)[-4:] for path in paths] == [".gif", ".gif"]
    (warning,) = said
    assert f"'{program}' {sentence}" in warning


def test_one_that_cannot_be_run_is_told_of(recording: Path, encoder: Callable[[str], Path], said: list[str]) -> None:
    encoder("exit 0").chmod(0o644)
    assert str(logger.video("rollout", FRAMES)).endswith(".gif")
    assert "could not be run" in said[0]


def test_a_package_without_its_program_is_told_of(
    recording: Path, said: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    def get_ffmpeg_exe() -> str:
        raise RuntimeError("No ffmpeg exe could be found.")

    monkeypatch.setitem(sys.modules, "imageio_ffmpeg", SimpleNamespace(get_ffmpeg_exe=get_ffmpeg_exe))
    assert str(logger.video("rollout", FRAMES)).endswith(".gif")
    assert "No ffmpeg exe could be found." in said[0]


def test_one_that_hangs_is_ended_and_not_waited_for_again(
    recording: Path, encoder: Callable[[str], Path], said: list[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It reads nothing, and leaves a child behind that holds its outputs open."""
    monkeypatch.setattr(encoders, "LEAST_SECONDS", 0.5)
    encoder(f"echo started >> '{tmp_path}/starts'\nsleep 30")
    large = np.zeros((4, 300, 300, 3), np.uint8)  # more than a pipe holds
    paths = [logger.video("rollout", large) for _ in range(3)]
    assert [str(path)[-4:] for path in paths] == [".gif"] * 3
    (warning,) = said
    assert "did not end within 1 s" in warning
    assert (tmp_path / "starts").read_text() == "started\n"


def test_ctrl_c_while_it_encodes_goes_through_and_ends_it(
    recording: Path, encoder: Callable[[str], Path], tmp_path: Path
) -> None:
    encoder("sleep 20 & cat > /dev/null; echo $! > /dev/null; kill -INT $PPID; wait")
    previous = signal.signal(signal.SIGINT, signal.default_int_handler)
    try:
        with pytest.raises(KeyboardInterrupt):
            logger.video("rollout", FRAMES)
    finally:
        signal.signal(signal.SIGINT, previous)
    assert not list(recording.glob("results/*"))
    logger.record_tabular("loss", 1)
    assert logger.dump_tabular()["loss"] == 1


def test_a_disk_without_room_for_its_file_is_told_of(
    recording: Path, encoder: Callable[[str], Path], said: list[str], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    encoder("exit 0")
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path / "gone"))
    assert str(logger.video("rollout", FRAMES)).endswith(".gif")
    assert "Videos are saved as .gif" in said[0]
