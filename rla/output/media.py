"""Values that only TensorBoard can show: figures, images, videos, histograms and tables of hyper-parameters.

They are recognised by the names of their classes' module and attributes, as Stable-Baselines3 defines them in
`stable_baselines3.common.logger`; nothing is imported for it.
"""

from __future__ import annotations

import importlib.util
from collections.abc import Callable
from typing import Any, Final

from rla.output.logger import Logger
from rla.output.tensorboardx import writer_for

__all__ = ["write_media"]


def write_media(logger: Logger, key: str, value: Any, step: int) -> None:
    """Show a value in TensorBoard.

    Args:
        logger: the logger of the run.
        key: its name.
        value: a `Figure`, `Image`, `Video` or `HParam` of Stable-Baselines3, an array or tensor (a histogram), or a
            text.
        step: the time step.

    Raises:
        Exception: whatever tensorboardX, or a package that it needs for this kind, raises.
    """
    if isinstance(value, str):
        logger.add_text(key, value)
        return
    write = _WRITERS.get(type(value).__name__, _write_histogram)
    write(writer_for(logger), key, value, step)


def _write_figure(writer: Any, key: str, value: Any, step: int) -> None:
    writer.add_figure(key, value.figure, step, close=value.close)


def _write_image(writer: Any, key: str, value: Any, step: int) -> None:
    writer.add_image(key, value.image, step, dataformats=value.dataformats)


def _write_video(writer: Any, key: str, value: Any, step: int) -> None:
    if importlib.util.find_spec("moviepy") is None:  # tensorboardX only prints a line then
        raise ModuleNotFoundError("videos need the package moviepy: pip install moviepy")
    writer.add_video(key, value.frames, step, fps=value.fps)


def _write_hparams(writer: Any, key: str, value: Any, step: int) -> None:
    from tensorboardX.summary import hparams

    file_writer = writer._get_file_writer()
    for summary in hparams(value.hparam_dict, value.metric_dict):
        file_writer.add_summary(summary)


def _write_histogram(writer: Any, key: str, value: Any, step: int) -> None:
    array = value.detach().cpu().numpy() if hasattr(value, "detach") else value
    writer.add_histogram(key, array, step)


_WRITERS: Final[dict[str, Callable[[Any, str, Any, int], None]]] = {
    "Figure": _write_figure,
    "Image": _write_image,
    "Video": _write_video,
    "HParam": _write_hparams,
}
