"""Sound as samples of 16 bits, and as a WAV file."""

from __future__ import annotations

import io
import wave
from typing import TYPE_CHECKING, Any, Final

from rla.output.media.arrays import as_array, described
from rla.output.media.pictures import Tell

if TYPE_CHECKING:
    from rla.output.media.arrays import Array

__all__ = ["as_samples", "as_wav"]

MOST_CHANNELS: Final = 16
LARGEST_RATE: Final = 1_000_000

SOUND: Final = "samples of shape (samples,) or (samples, channels), as floats of -1…1 or int16"
_FAR_BEYOND: Final = 2.0
"""Floats beyond this are no overdriven sound: the range of the samples is another one."""


def as_samples(samples: Any, call: str, tell: Tell) -> Array:
    """Return sound as int16 of (samples, channels); floats beyond the range are clipped, NaN is silence.

    Args:
        samples: an array or tensor of (samples,) or (samples, channels), floats of -1…1 or int16.
        call: what the user called, for messages.
        tell: is told when the range of the values is another one.

    Raises:
        TypeError: it is no array of floats or int16.
        ValueError: its shape is another one.
    """
    import numpy

    array = as_array(samples, call, SOUND)
    if array.dtype.kind != "f" and array.dtype != numpy.int16:
        raise TypeError(f"{call} takes {SOUND}; got {described(samples, array)}.")
    if array.ndim not in (1, 2) or (array.ndim == 2 and array.shape[1] > MOST_CHANNELS):
        turned = " Give it transposed." if array.ndim == 2 and array.shape[0] <= MOST_CHANNELS else ""
        raise ValueError(f"{call} takes {SOUND}, with at most 16 channels; got {described(samples, array)}.{turned}")
    if array.ndim == 1:
        array = array[:, None]
    if array.dtype.kind != "f":
        return array
    loudest = float(numpy.fmax.reduce(numpy.abs(array), axis=None))
    if loudest >= _FAR_BEYOND:
        tell(f"{call} takes floats of -1…1 (or int16); those of up to ±{loudest:g} were clipped.")
    known = numpy.clip(numpy.nan_to_num(array.astype(numpy.float64), nan=0.0, posinf=1.0, neginf=-1.0), -1.0, 1.0)
    return numpy.rint(known * 32767.0).astype(numpy.int16)


def as_wav(samples: Array, rate: int) -> bytes:
    """Return sound as a WAV file of 16 bits.

    Args:
        samples: int16 of (samples, channels).
        rate: samples per second.
    """
    content = io.BytesIO()
    with wave.open(content, "wb") as file:
        file.setnchannels(samples.shape[1])
        file.setsampwidth(2)
        file.setframerate(rate)
        file.writeframes(samples.astype("<i2").tobytes())
    return content.getvalue()
