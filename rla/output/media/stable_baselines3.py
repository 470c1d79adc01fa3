"""Values that a row cannot hold and Stable-Baselines3 records all the same: figures, images, videos, histograms, ….

They are recognised by the names of their classes and attributes, as Stable-Baselines3 defines them in
`stable_baselines3.common.logger`; nothing is imported for it.
"""

from __future__ import annotations

import sys
from collections.abc import Callable
from typing import TYPE_CHECKING, Any, Final

from rla.output.media.arrays import as_array
from rla.output.media.pictures import PICTURE, in_order

if TYPE_CHECKING:
    from rla.output.logger import Logger

__all__ = ["write_media"]


def write_media(logger: Logger, key: str, value: Any) -> None:
    """Show a value in TensorBoard; as who recorded it meant it, there is no file.

    Args:
        logger: the logger of the run.
        key: its name.
        value: a `Figure`, `Image`, `Video` or `HParam` of Stable-Baselines3, an array or tensor (a histogram), or a
            text.

    Raises:
        TypeError: it is none of these.
        ValueError: its shape is wrong.
    """
    if isinstance(value, str):
        logger.text(key, value)
    else:
        _WRITERS.get(type(value).__name__, _write_histogram)(logger, key, value)


def _write_figure(logger: Logger, key: str, value: Any) -> None:
    logger.figure(key, value.figure, save=False)
    pyplot = sys.modules.get("matplotlib.pyplot")
    if value.close and pyplot is not None:
        pyplot.close(value.figure)


def _write_image(logger: Logger, key: str, value: Any) -> None:
    call = f"Image for {key!r}"
    logger.image(key, in_order(as_array(value.image, call, PICTURE), value.dataformats, call), save=False)


def _write_video(logger: Logger, key: str, value: Any) -> None:
    logger.video(key, value.frames, value.fps, save=False)


def _write_histogram(logger: Logger, key: str, value: Any) -> None:
    logger.histogram(key, value)


def _write_hparams(logger: Logger, key: str, value: Any) -> None:
    from tensorboardX.summary import hparams

    from rla.output.tensorboardx import writer_for

    file_writer = writer_for(logger)._get_file_writer()
    for summary in hparams(value.hparam_dict, value.metric_dict):
        file_writer.add_summary(summary)


_WRITERS: Final[dict[str, Callable[[Logger, str, Any], None]]] = {
    "Figure": _write_figure,
    "Image": _write_image,
    "Video": _write_video,
    "HParam": _write_hparams,
}
