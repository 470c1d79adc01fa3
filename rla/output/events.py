"""TensorBoard's event format, packed by hand: one event carries all scalars of a row.

Sources: `tensorboard/compat/proto/{event,summary,histogram,tensor}.proto` for the fields, TensorFlow's
`lib/io/record_writer.h` for the frame (length, masked CRC-32C of the length, data, masked CRC-32C of the data).
"""

from __future__ import annotations

import math
import struct
from collections.abc import Iterable, Sequence
from typing import Any, Final

import google_crc32c

__all__ = [
    "FILE_VERSION",
    "ScalarTemplate",
    "audio_event",
    "framed",
    "graph_event",
    "histogram_event",
    "image_event",
    "masked_checksum",
    "restart_event",
    "run_metadata_event",
    "scalars_event",
    "summary_event",
    "text_event",
    "version_event",
    "whole_step",
]

FILE_VERSION: Final = b"brain.Event:2"

_LENGTH: Final = struct.Struct("<Q")
_CHECKSUM: Final = struct.Struct("<I")
_DOUBLE: Final = struct.Struct("<Bd")
_FLOAT: Final = struct.Struct("<Bf")
_FLOAT_FIELD: Final = bytes([2 << 3 | 5])

_STRING_TYPE: Final = 7  # DT_STRING of types.proto


def _varint(number: int) -> bytes:
    if number < 0:
        number += 1 << 64
    encoded = bytearray()
    while number > 0x7F:
        encoded.append(number & 0x7F | 0x80)
        number >>= 7
    encoded.append(number)
    return bytes(encoded)


def _field(number: int, content: bytes) -> bytes:
    """Pack a length-delimited field."""
    return _varint(number << 3 | 2) + _varint(len(content)) + content


def _number(field: int, value: int) -> bytes:
    """Pack a whole number as a field."""
    return _varint(field << 3) + _varint(value)


def _utf8(text: str) -> bytes:
    return text.encode("utf-8", "backslashreplace")


def _event(time: float, step: int) -> bytes:
    return _DOUBLE.pack(1 << 3 | 1, time) + b"\x10" + _varint(step)


def version_event(time: float) -> bytes:
    """Return the event that begins every file."""
    return _DOUBLE.pack(1 << 3 | 1, time) + _field(3, FILE_VERSION)


def restart_event(step: int, time: float) -> bytes:
    """Pack what makes TensorBoard hide earlier events from ``step`` on: the start of a session (`event.proto`)."""
    return _event(time, step) + _field(7, b"\x08\x01")


def scalars_event(scalars: Iterable[tuple[str, float]], step: int, time: float) -> bytes:
    """Pack scalars as one event.

    Args:
        scalars: pairs of tag and value.
        step: the time step, a whole number of 64 bits.
        time: seconds since 1970.
    """
    values = b"".join(_field(1, _field(1, _utf8(tag)) + _FLOAT.pack(2 << 3 | 5, value)) for tag, value in scalars)
    return _event(time, step) + _field(5, values)


class ScalarTemplate:
    """The event of rows that have the same tags: all but the numbers is packed once.

    Args:
        tags: names of the scalars, at least one.
    """

    def __init__(self, tags: Sequence[str]) -> None:
        self._pieces: list[Any] = []
        size = 0
        for tag in tags:
            name = _field(1, _utf8(tag))
            # behind the name stand the byte of the value's field and four bytes of its number
            start = _varint(1 << 3 | 2) + _varint(len(name) + _FLOAT.size) + name + _FLOAT_FIELD
            self._pieces += (start, 0.0)
            size += len(start) + _FLOAT.size - 1
        self._pack = struct.Struct("<" + "".join(f"{len(start)}sf" for start in self._pieces[::2])).pack
        self._start = _varint(5 << 3 | 2) + _varint(size)

    def event(self, values: Sequence[float], step: int, time: float) -> bytes:
        """Pack one event.

        Args:
            values: a number for each tag.
            step: the time step, a whole number of 64 bits.
            time: seconds since 1970.

        Raises:
            struct.error: a value is no number.
            OverflowError: a number is too large for 32 bits.
        """
        self._pieces[1::2] = values
        return _event(time, step) + self._start + self._pack(*self._pieces)


def text_event(tag: str, markdown: str, step: int, time: float) -> bytes:
    """Pack a text for TensorBoard's TEXT tab; markdown is shown as such."""
    metadata = _field(1, _field(1, b"text"))
    tensor = _varint(1 << 3) + _varint(_STRING_TYPE) + _field(2, b"") + _field(8, _utf8(markdown))
    return _value_event(tag, _field(9, metadata) + _field(8, tensor), step, time)


def image_event(tag: str, encoded: bytes, size: Sequence[int], channels: int, step: int, time: float) -> bytes:
    """Pack a picture for TensorBoard's IMAGES tab.

    Args:
        tag: its name.
        encoded: the picture as a browser takes it: PNG, or GIF where it moves.
        size: height and width.
        channels: 1 (gray), 3 (red, green, blue) or 4 (these and opacity).
        step: the time step, a whole number of 64 bits.
        time: seconds since 1970.
    """
    height, width = size
    image = _number(1, height) + _number(2, width) + _number(3, channels) + _field(4, encoded)
    return _value_event(tag, _field(4, image), step, time)


def audio_event(tag: str, wav: bytes, rate: int, channels: int, samples: int, step: int, time: float) -> bytes:
    """Pack a sound for TensorBoard's AUDIO tab.

    Args:
        tag: its name.
        wav: the sound as a WAV file.
        rate: samples per second.
        channels: how many channels it has.
        samples: how many samples each channel has.
        step: the time step, a whole number of 64 bits.
        time: seconds since 1970.
    """
    audio = _FLOAT.pack(1 << 3 | 5, rate) + _number(2, channels) + _number(3, samples)
    return _value_event(tag, _field(6, audio + _field(4, wav) + _field(5, b"audio/wav")), step, time)


def histogram_event(
    tag: str, figures: Sequence[float], limits: Sequence[float], counts: Sequence[float], step: int, time: float
) -> bytes:
    """Pack a histogram for TensorBoard's HISTOGRAMS and DISTRIBUTIONS tabs.

    Args:
        tag: its name.
        figures: smallest value, largest value, number of values, their sum, the sum of their squares.
        limits: the right end of each bucket, ascending.
        counts: how many values lie in each bucket.
        step: the time step, a whole number of 64 bits.
        time: seconds since 1970.
    """
    histogram = b"".join(_DOUBLE.pack(number << 3 | 1, figure) for number, figure in enumerate(figures, start=1))
    histogram += _field(6, struct.pack(f"<{len(limits)}d", *limits))
    histogram += _field(7, struct.pack(f"<{len(counts)}d", *counts))
    return _value_event(tag, _field(5, histogram), step, time)


def _value_event(tag: str, content: bytes, step: int, time: float) -> bytes:
    return _event(time, step) + _field(5, _field(1, _field(1, _utf8(tag)) + content))


def summary_event(values: Iterable[bytes], step: int, time: float) -> bytes:
    """Pack values of a summary that are packed already, each a ``Summary.Value``."""
    return _event(time, step) + _field(5, b"".join(_field(1, value) for value in values))


def run_metadata_event(tag: str, encoded: bytes, step: int, time: float) -> bytes:
    """Pack what a session of TensorFlow tells of one run: times and memory of its operations (`event.proto`).

    Args:
        tag: its name in TensorBoard.
        encoded: a ``RunMetadata``, serialized.
        step: the time step, a whole number of 64 bits.
        time: seconds since 1970.
    """
    return _event(time, step) + _field(8, _field(1, _utf8(tag)) + _field(2, encoded))


def graph_event(graph: bytes, step: int, time: float) -> bytes:
    """Pack a computation graph, given as a packed ``GraphDef``."""
    return _event(time, step) + _field(4, graph)


def whole_step(step: int | float) -> int:
    """Return a time step as TensorBoard holds it: a whole number of 64 bits."""
    if not math.isfinite(step):
        return 0
    return max(-(1 << 63), min((1 << 63) - 1, int(step)))


def masked_checksum(data: bytes) -> bytes:
    """Return the checksum of a record, or of its length, as an event file has it."""
    checksum = google_crc32c.value(data)
    return _CHECKSUM.pack((((checksum >> 15) | (checksum << 17)) + 0xA282EAD8) & 0xFFFFFFFF)


def framed(event: bytes) -> bytes:
    """Return an event as a record of an event file."""
    length = _LENGTH.pack(len(event))
    return length + masked_checksum(length) + event + masked_checksum(event)
