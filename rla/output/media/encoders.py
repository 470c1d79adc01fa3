"""Pictures as PNG, videos as GIF and MP4."""

from __future__ import annotations

import io
import itertools
import subprocess
from pathlib import Path
from typing import TYPE_CHECKING, Final

from rla.optional import require

if TYPE_CHECKING:
    from PIL.Image import Image

    from rla.output.media.arrays import Array

__all__ = ["EncodingError", "as_gif", "as_image", "as_mp4", "as_png", "size_of_png"]

SHORTEST: Final = 2
"""A picture of a GIF stands for at least so many hundredths of a second: browsers take less for ten."""

LONGEST: Final = 0xFFFF
"""The format ends here."""

LEAST_SECONDS: Final = 20.0
BYTES_PER_SECOND: Final = 5e6
"""An encoder is waited for so long, and a second for so many bytes of pictures: a twentieth of what two cores do."""

_gave_up: set[str] = set()
"""Programs that did not end in time; a training waits for such a one only once."""


class EncodingError(Exception):
    """A video could not be encoded."""


def as_image(picture: Array) -> Image:
    """Return a picture, uint8 of (height, width, channels), as one of Pillow."""
    from PIL import Image

    return Image.fromarray(picture[..., 0] if picture.shape[-1] == 1 else picture)


def as_png(picture: Array) -> bytes:
    """Return a picture, uint8 of (height, width, channels), as PNG."""
    content = io.BytesIO()
    as_image(picture).save(content, "png")
    return content.getvalue()


def size_of_png(encoded: bytes) -> tuple[int, int]:
    """Return height and width of a PNG. Source: the PNG specification, chunk IHDR."""
    return int.from_bytes(encoded[20:24], "big"), int.from_bytes(encoded[16:20], "big")


def as_gif(frames: Array, rate: float) -> bytes:
    """Return a video as an animated GIF that repeats.

    Args:
        frames: uint8 of (time, height, width, 1 or 3 channels).
        rate: pictures per second; more than 50 are shown as 50.
    """
    from PIL import Image

    ends = [round(100 * number / rate) for number in range(len(frames) + 1)]  # so that the pace is right over all
    durations = [10 * min(max(SHORTEST, end - start), LONGEST) for start, end in itertools.pairwise(ends)]
    images = [as_image(frame) for frame in frames]
    if frames.shape[-1] == 3:  # 256 colours, chosen for each picture; the other methods take thirty times as long
        method, dither = Image.Quantize.FASTOCTREE, Image.Dither.NONE
        images = [image.quantize(256, method=method, dither=dither) for image in images]
    content = io.BytesIO()
    images[0].save(content, "gif", save_all=True, append_images=images[1:], duration=durations, loop=0)
    return content.getvalue()


def as_mp4(frames: Array, rate: float) -> bytes:
    """Return a video as MP4 (H.264, with the colours that every player takes).

    Args:
        frames: uint8 of (time, height, width, 1 or 3 channels); sides of odd length grow by one pixel.
        rate: pictures per second.

    Raises:
        MissingPackageError: there is no encoder.
        EncodingError: the encoder failed, or did not end in time.
    """
    import tempfile  # few runs need it

    import numpy

    package = require("imageio_ffmpeg", "video")
    try:
        program = package.get_ffmpeg_exe()
    except RuntimeError as error:  # the package is there without the program
        raise EncodingError(str(error)) from error
    if program in _gave_up:
        raise EncodingError(f"'{program}' did not end in time before")
    height, width = frames.shape[1:3]
    if height % 2 or width % 2:
        frames = numpy.pad(frames, ((0, 0), (0, height % 2), (0, width % 2), (0, 0)), mode="edge")
    with tempfile.TemporaryDirectory(prefix="rla-video-") as folder:
        path = Path(folder) / "video.mp4"  # the encoder goes back in its file, so it can be no pipe
        _run(program, frames, rate, path)
        return path.read_bytes()


def _run(program: str, frames: Array, rate: float, path: Path) -> None:
    import numpy

    _, height, width, channels = frames.shape
    colours = "gray" if channels == 1 else "rgb24"
    arguments = [program, "-y", "-loglevel", "error", "-f", "rawvideo", "-pix_fmt", colours]
    arguments += ["-s", f"{width}x{height}", "-r", f"{rate:.6f}", "-i", "pipe:0", "-an", "-c:v", "libx264"]
    arguments += ["-preset", "veryfast", "-crf", "18", "-pix_fmt", "yuv420p", "-movflags", "+faststart", str(path)]
    pixels = numpy.ascontiguousarray(frames).data.cast("B")
    seconds = LEAST_SECONDS + len(pixels) / BYTES_PER_SECOND
    try:
        # in a session of its own: Ctrl-C is for the training, which may go on
        done = subprocess.run(
            arguments, input=pixels, capture_output=True, timeout=seconds, start_new_session=True, check=False
        )
    except subprocess.TimeoutExpired as error:
        _gave_up.add(program)
        raise EncodingError(f"'{program}' did not end within {seconds:.0f} s") from error
    except OSError as error:
        raise EncodingError(f"'{program}' could not be run: {error}") from error
    if done.returncode or not path.exists():
        said = done.stderr.decode("utf-8", "replace").strip().splitlines() or ["it said nothing"]
        raise EncodingError(f"'{program}' failed: {said[-1]}")
