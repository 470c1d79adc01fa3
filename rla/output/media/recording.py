"""Pictures, sound, texts and tables of a run, one call for each: to TensorBoard, and to files in its results."""

from __future__ import annotations

import math
import numbers
from typing import TYPE_CHECKING, Any

from rla.errors import MissingPackageError
from rla.output.events import audio_event, histogram_event, image_event, text_event
from rla.output.media.arrays import described
from rla.output.media.keeping import MediaKeeping

if TYPE_CHECKING:
    from matplotlib.figure import Figure

__all__ = ["MediaRecording"]


class MediaRecording(MediaKeeping):
    """An open row beside which pictures, sound, texts and tables are recorded, each at the current time step.

    What is handed over is in the journal of the run when a call returns, and in a file of its results where it makes
    one. Wrong arguments raise, whether anything is recorded or not. What fails otherwise (the disk, an encoder) is told
    of once. Before a run is open, nothing is kept, and one warning says so; ranks that record nothing and forked
    children keep nothing.
    """

    # ---- to TensorBoard alone ----------------------------------------------------------------------------------------

    def histogram(self, key: str, values: Any) -> None:
        """Show how often which values occur, in TensorBoard.

        Args:
            key: its name, e.g. ``"weights/layer1"``.
            values: numbers or bools, an array or tensor of any shape. NaN and infinities are left out.

        Raises:
            TypeError: they are no numbers.
            ValueError: there are none.
        """
        from rla.output.media.histogram import histogram_of

        found = histogram_of(values, _call("histogram", key))
        if found is None:
            self._warn_once(f"media {key}", f"'{key}' has no finite value, so there is no histogram to show")
        elif self._keeps(key):
            *figures, limits, counts = found
            self._to_tensorboard(key, False, histogram_event, figures, limits, counts)

    def text(self, key: str, markdown: str) -> None:
        """Show a text in TensorBoard's TEXT tab; markdown is shown as such.

        Args:
            key: its name.
            markdown: the text.

        Raises:
            TypeError: it is no text.
        """
        call = _call("text", key)
        if not isinstance(markdown, str):
            raise TypeError(f"{call} takes a text; got {described(markdown)}.")
        if self._keeps(key):
            self._to_tensorboard(key, False, text_event, markdown)

    # ---- to TensorBoard and to a file --------------------------------------------------------------------------------

    def image(self, key: str, image: Any, save: bool = True) -> str | None:
        """Show a picture in TensorBoard, and save it as ``<key>-<time step>.png``.

        Args:
            key: its name; slashes make folders below the results.
            image: an array or tensor of (height, width), (height, width, channels) or (channels, height, width) with
                1, 3 or 4 channels, of uint8 (0…255), floats (0…1; NaN is black) or bools; or a picture of Pillow. The
                first axis is that of the channels only when the last cannot be.
            save: make a file.

        Returns:
            The path of the file; None when there is none.

        Raises:
            TypeError: it is no picture.
            ValueError: its shape is that of none.
        """
        from rla.output.media.encoders import as_png
        from rla.output.media.pictures import as_picture

        picture = as_picture(image, _call("image", key), self._tell_once(key))
        if not self._keeps(key):
            return None
        with self._guarded(key):
            encoded, (*size, channels) = as_png(picture), picture.shape
            self._to_tensorboard(key, save, image_event, encoded, size, channels)
            return self._save(key, ".png", encoded) if save else None
        return None

    def figure(self, key: str, figure: Figure | None = None, save: bool = True) -> str | None:
        """Show a figure of matplotlib in TensorBoard, and save it as ``<key>-<time step>.png``; it stays open.

        Args:
            key: its name; slashes make folders below the results.
            figure: the figure; pyplot's current one when None.
            save: make a file.

        Returns:
            The path of the file; None when there is none.

        Raises:
            TypeError: it is no figure.
            ValueError: None was given, and pyplot has no figure.
        """
        from rla.output.media.encoders import size_of_png
        from rla.output.media.figures import as_figure, render

        drawn = as_figure(figure, _call("figure", key))
        if not self._keeps(key):
            return None
        with self._guarded(key):
            encoded = render(drawn, "png")
            size = size_of_png(encoded)
            self._to_tensorboard(key, save, image_event, encoded, size, 4)
            return self._save(key, ".png", encoded) if save else None
        return None

    def video(
        self, key: str, frames: Any, fps: float = 30, save: bool = True, step: int | float | None = None
    ) -> str | None:
        """Show a video in TensorBoard, and save it as ``<key>-<time step>.mp4``.

        It is encoded before this returns. TensorBoard gets an animated GIF. The MP4 needs the extra ``video`` of this
        package; without it the GIF is saved instead, and one warning says so.

        Args:
            key: its name; slashes make folders below the results.
            frames: pictures as `image` takes them, one by one, as the ``render()`` of gymnasium gives them; or an array
                or tensor of (time, height, width), (time, height, width, channels) or (time, channels, height, width).
                One axis more in front holds several videos, which are shown beside each other. Opacity is left out.
            fps: pictures per second.
            save: make a file.
            step: the time step that it is of; the current one when None.

        Returns:
            The path of the file; None when there is none.

        Raises:
            TypeError: it is no video, or the pace is no number.
            ValueError: its shape is that of none, or the pace is not above 0.
        """
        from rla.output.media.encoders import as_gif
        from rla.output.media.pictures import as_frames

        call = _call("video", key)
        pictures = as_frames(frames, call, self._tell_once(key))
        pace = _positive(fps, f"{call} takes as fps a number of pictures per second")
        if not self._keeps(key):
            return None
        with self._guarded(key):
            animation = as_gif(pictures, pace) if "tensorboard" in self.formats else b""
            _, *size, channels = pictures.shape
            self._to_tensorboard(key, save, image_event, animation, size, channels, step=step)
            if not save:
                return None
            if (encoded := self._mp4(pictures, pace)) is not None:
                return self._save(key, ".mp4", encoded, step)
            return self._save(key, ".gif", animation or as_gif(pictures, pace), step)
        return None

    def audio(self, key: str, samples: Any, sample_rate: int, save: bool = True) -> str | None:
        """Let a sound be heard in TensorBoard, and save it as ``<key>-<time step>.wav``.

        Args:
            key: its name; slashes make folders below the results.
            samples: an array or tensor of (samples,) or (samples, channels), of floats (-1…1; NaN is silence) or int16.
            sample_rate: samples per second.
            save: make a file.

        Returns:
            The path of the file; None when there is none.

        Raises:
            TypeError: it is no sound, or the rate is no number.
            ValueError: its shape is that of none, or the rate is no whole number above 0.
        """
        from rla.output.media.sound import LARGEST_RATE, as_samples, as_wav

        call = _call("audio", key)
        sound = as_samples(samples, call, self._tell_once(key))
        expected = f"{call} takes as sample_rate a whole number of samples per second, up to {LARGEST_RATE}"
        rate = _positive(sample_rate, expected)
        if rate != int(rate) or rate > LARGEST_RATE:
            raise ValueError(f"{expected}; got {sample_rate!r}.")
        if not self._keeps(key):
            return None
        with self._guarded(key):
            wav, (length, channels) = as_wav(sound, int(rate)), sound.shape
            self._to_tensorboard(key, save, audio_event, wav, int(rate), channels, length)
            return self._save(key, ".wav", wav) if save else None
        return None

    def table(self, key: str, rows: Any, save: bool = True) -> str | None:
        """Show a table as a text in TensorBoard, and save it as ``<key>-<time step>.csv``.

        Args:
            key: its name; slashes make folders below the results.
            rows: a DataFrame of pandas, a list of dicts (rows; what one lacks is empty), or a dict of lists (columns).
            save: make a file.

        Returns:
            The path of the file; None when there is none.

        Raises:
            TypeError: it is no table.
            ValueError: the columns are of different lengths, or there are none.
        """
        from rla.output.media.tables import as_csv, as_markdown, as_table

        table = as_table(rows, _call("table", key))
        if not self._keeps(key):
            return None
        with self._guarded(key):
            self._to_tensorboard(key, save, text_event, as_markdown(table))
            return self._save(key, ".csv", as_csv(table)) if save else None
        return None

    def _mp4(self, frames: Any, fps: float) -> bytes | None:
        from rla.output.media.encoders import EncodingError, as_mp4

        try:
            return as_mp4(frames, fps)
        except (MissingPackageError, EncodingError, OSError) as error:
            self._warn_once("mp4", f"Videos are saved as .gif, not as .mp4. {error}")
            return None


def _call(name: str, key: object) -> str:
    """Return how messages name a call.

    Raises:
        TypeError: the key is no text.
    """
    if not isinstance(key, str):
        raise TypeError(f"logger.{name}() takes a text as its key; got {described(key)}.")
    return f"logger.{name}({key!r})"


def _positive(value: Any, expected: str) -> float:
    if isinstance(value, bool) or not isinstance(value, numbers.Real):
        raise TypeError(f"{expected}; got {value!r}.")
    number = float(value)
    if not 0 < number < math.inf:
        raise ValueError(f"{expected}, above 0; got {value!r}.")
    return number
