"""Pictures and videos as bytes of (height, width, channels), whatever they came as."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Sequence
from typing import TYPE_CHECKING, Any, Final

from rla.output.media.arrays import as_array, described, is_instance

if TYPE_CHECKING:
    from rla.output.media.arrays import Array

__all__ = ["Tell", "as_frames", "as_picture", "in_order", "tiled", "to_bytes"]

Tell = Callable[[str], object]
"""Takes a sentence about what became of a picture."""

CHANNELS: Final = (1, 3, 4)
"""Gray, red-green-blue, and these with opacity."""

_VALUES: Final = "as uint8 of 0…255, floats of 0…1 or bool"
PICTURE: Final = (
    "a picture of shape (height, width), (height, width, channels) or (channels, height, width) with 1, 3 or 4 "
    f"channels, {_VALUES}"
)
VIDEO: Final = (
    "frames of shape (time, height, width), (time, height, width, channels) or (time, channels, height, width) with 1, "
    f"3 or 4 channels, {_VALUES}, or a list of pictures"
)
_FAR_BELOW, _FAR_ABOVE = -0.5, 2.0
"""Floats beyond these are no rounding errors: the range of the picture is another one."""


def as_picture(image: Any, call: str, tell: Tell) -> Array:
    """Return a picture as uint8 of (height, width, channels).

    Pixels beyond the range are clipped; NaN is black.

    Args:
        image: an array or tensor of (height, width), (height, width, channels) or (channels, height, width), or a
            picture of Pillow. The first axis is that of the channels only when the last cannot be.
        call: what the user called, for messages.
        tell: is told when the range of the values is another one.

    Raises:
        TypeError: it is no picture.
        ValueError: its shape is that of none.
    """
    array = _array_of(image, call, PICTURE)
    if array.ndim == 2:
        array = array[..., None]
    ordered = channels_last(array) if array.ndim == 3 else None
    if ordered is None:
        hint = " For several pictures, call it for each, or logger.video." if array.ndim > 3 else ""
        raise ValueError(f"{call} takes {PICTURE}; got {described(image, array)}.{hint}")
    return to_bytes(ordered, call, tell)


def as_frames(frames: Any, call: str, tell: Tell) -> Array:
    """Return a video as uint8 of (time, height, width, 1 or 3 channels); opacity is left out.

    Args:
        frames: an array or tensor of (time, height, width), (time, height, width, channels), (time, channels, height,
            width), or several videos of these shapes, which are shown beside each other; or pictures, one by one.
        call: what the user called, for messages.
        tell: is told when the range of the values is another one.

    Raises:
        TypeError: it is no video.
        ValueError: its shape is that of none, or its pictures are of different shapes.
    """
    if not hasattr(frames, "ndim") and isinstance(frames, Iterable) and not isinstance(frames, (str, bytes, dict)):
        video = _stacked(list(frames), call, tell)
    else:
        array = _array_of(frames, call, VIDEO)
        if array.ndim == 3:
            array = array[..., None]
        ordered = channels_last(array) if array.ndim in (4, 5) else None
        if ordered is None:
            raise ValueError(f"{call} takes {VIDEO}; got {described(frames, array)}.")
        video = to_bytes(ordered, call, tell)
    video = tiled(video) if video.ndim == 5 else video
    return video[..., :3]


def _stacked(pictures: Sequence[Any], call: str, tell: Tell) -> Array:
    import numpy

    if not pictures:
        raise ValueError(f"{call} takes {VIDEO}; got no pictures.")
    found = [as_picture(picture, f"{call}, picture {number},", tell) for number, picture in enumerate(pictures)]
    for number, picture in enumerate(found):
        if picture.shape != found[0].shape:
            raise ValueError(
                f"{call} takes pictures of one shape; picture 0 is {found[0].shape} and picture {number} is "
                f"{picture.shape} (height, width, channels)."
            )
    return numpy.stack(found)


def _array_of(value: Any, call: str, expected: str) -> Array:
    if value is None:
        advice = "A gymnasium environment renders pictures when it is made with render_mode='rgb_array'."
        raise TypeError(f"{call} takes {expected}; got None. {advice}")
    if is_instance(value, "PIL.Image", "Image"):
        return as_array(_plain_modes(value), call, expected)
    return as_array(value, call, expected)


def _plain_modes(image: Any) -> Any:
    """Return a picture of Pillow in a mode that is bytes of gray, red-green-blue, or these with opacity."""
    if image.mode in ("L", "RGB", "RGBA"):
        return image
    if image.mode in ("1", "I", "F") or image.mode.startswith("I;16"):
        return image.convert("L")
    return image.convert("RGBA" if "A" in image.mode or "transparency" in image.info else "RGB")


def channels_last(array: Array) -> Array | None:
    """Return pictures with their channels in the last axis; None when neither that nor the third last can be."""
    import numpy

    if array.shape[-1] in CHANNELS:
        return array
    return numpy.moveaxis(array, -3, -1) if array.shape[-3] in CHANNELS else None


def in_order(array: Array, axes: str, call: str) -> Array:
    """Return one picture with its axes as (height, width, channels), given their letters, e.g. ``"CHW"``.

    Raises:
        ValueError: these are no axes of a picture, or not of this one.
    """
    import numpy

    letters = axes.upper()
    if len(letters) != array.ndim or sorted(letters) not in (["H", "W"], ["C", "H", "W"], ["C", "H", "N", "W"]):
        raise ValueError(f"{call} takes axes like 'CHW', 'HWC', 'HW' or 'NCHW'; got {axes!r} for shape {array.shape}.")
    if "C" not in letters:
        letters, array = letters + "C", array[..., None]
    ordered = numpy.transpose(array, [letters.index(letter) for letter in "NHWC" if letter in letters])
    if ordered.shape[-1] not in CHANNELS:
        raise ValueError(f"{call} takes 1, 3 or 4 channels; got the axes {axes!r} for shape {array.shape}.")
    return tiled(ordered[:, None])[0] if "N" in letters else ordered


def tiled(videos: Array) -> Array:
    """Return several videos (number, time, height, width, channels) as one, beside each other, as square as may be."""
    import numpy

    count, time, height, width, channels = videos.shape
    columns = math.ceil(math.sqrt(count))
    rows = math.ceil(count / columns)
    shown: Array = numpy.zeros((rows * columns, *videos.shape[1:]), videos.dtype)
    shown[:count] = videos
    by_place = shown.reshape(rows, columns, time, height, width, channels).transpose(2, 0, 3, 1, 4, 5)
    one: Array = by_place.reshape(time, rows * height, columns * width, channels)
    return one


def to_bytes(pixels: Array, call: str, tell: Tell) -> Array:
    """Return pixels as uint8: floats of 0…1 and bools are scaled, numbers beyond the range clipped, NaN is 0."""
    import numpy

    kind = pixels.dtype.kind
    if pixels.dtype == numpy.uint8:
        return pixels
    scaled: Array
    if kind == "b":
        scaled = pixels.astype(numpy.uint8) * numpy.uint8(255)
    elif kind in "iu":
        low, high = int(pixels.min()), int(pixels.max())
        if low < 0 or high > 255:
            tell(f"{call} takes integers of 0…255; those from {low} to {high} were clipped.")
        scaled = numpy.clip(pixels, 0, 255).astype(numpy.uint8)
    else:
        least, most = float(numpy.fmin.reduce(pixels, axis=None)), float(numpy.fmax.reduce(pixels, axis=None))
        if least <= _FAR_BELOW or most >= _FAR_ABOVE:
            tell(f"{call} takes floats of 0…1 (or uint8 of 0…255); those from {least:g} to {most:g} were clipped.")
        known = numpy.nan_to_num(pixels, nan=0.0, posinf=1.0, neginf=0.0)
        scaled = (numpy.clip(known, 0.0, 1.0) * 255.0 + 0.5).astype(numpy.uint8)
    return scaled
