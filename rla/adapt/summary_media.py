"""What a `SummaryWriter` shows in TensorBoard alone: texts, images, sounds, tables of hyper-parameters, and the rest.

tensorboardX packs all but the texts; it is imported when something of that kind is shown for the first time.
"""

from __future__ import annotations

import functools
import importlib.util
import inspect
import os
import time
from abc import abstractmethod
from collections.abc import Callable, Mapping
from typing import Any

from rla.adapt.folder_loggers import give_back, logger_for
from rla.adapt.summary_arguments import number_of, step_of, tag_of
from rla.errors import MissingPackageError, RLAError, did_you_mean
from rla.optional import require
from rla.output.events import text_event, whole_step
from rla.output.logger import Logger
from rla.output.tensorboardx import writer_for
from rla.output.values import as_value

__all__ = ["SummaryMedia"]


class SummaryMedia:
    """The methods of a `SummaryWriter` that are not about scalars.

    What fails while something is packed gets one warning, and the training goes on.

    """

    _logger: Logger
    _folder: str
    """The folder of the writer's own; empty where it records into an experiment."""
    _has_hparams = False

    @abstractmethod
    def _go_on(self) -> None:
        """Record again after `close`."""

    @abstractmethod
    def add_scalar(self, tag: str, scalar_value: Any, global_step: Any = None) -> None:
        """Record a number."""

    def add_text(self, tag: str, text_string: str, global_step: Any = None, walltime: float | None = None) -> None:
        """Show a text in TensorBoard's TEXT tab; markdown is shown as such.

        Raises:
            TypeError: the tag or the text is no text.
        """
        if not isinstance(text_string, str):
            raise TypeError(f"The text of {tag!r} is a {type(text_string).__name__}; expected a str.")
        self._go_on()
        seconds = time.time() if walltime is None else walltime
        step = whole_step(step_of(global_step))
        self._logger.add_event(text_event(f"{tag_of(tag)}/text_summary", text_string, step, seconds))

    def add_histogram(
        self,
        tag: str,
        values: Any,
        global_step: Any = None,
        bins: Any = "tensorflow",
        walltime: float | None = None,
        max_bins: int | None = None,
    ) -> None:
        """Show how the values of an array or tensor are distributed."""
        self._show("add_histogram", tag_of(tag), values, step_of(global_step), bins, walltime, max_bins)

    def add_image(
        self,
        tag: str,
        img_tensor: Any,
        global_step: Any = None,
        walltime: float | None = None,
        dataformats: str = "CHW",
    ) -> None:
        """Show an image: floats from 0 to 1 or whole numbers from 0 to 255, with axes in the order ``dataformats``."""
        self._show("add_image", tag_of(tag), img_tensor, step_of(global_step), walltime, dataformats)

    def add_images(
        self,
        tag: str,
        img_tensor: Any,
        global_step: Any = None,
        walltime: float | None = None,
        dataformats: str = "NCHW",
    ) -> None:
        """Show several images side by side."""
        self._show("add_images", tag_of(tag), img_tensor, step_of(global_step), walltime, dataformats)

    def add_image_with_boxes(
        self,
        tag: str,
        img_tensor: Any,
        box_tensor: Any,
        global_step: Any = None,
        walltime: float | None = None,
        rescale: Any = 1,
        dataformats: Any = "CHW",
        labels: list[str] | None = None,
    ) -> None:
        """Show an image with boxes: lines of (left, top, right, bottom) in pixels, each with a label."""
        if isinstance(rescale, str):  # tensorboardX has no place for it: dataformats, labels
            rescale, dataformats, labels = 1, rescale, labels if dataformats == "CHW" else dataformats
        options = {"rescale": rescale, "dataformats": dataformats, "labels": labels}
        step = step_of(global_step)
        self._show("add_image_with_boxes", tag_of(tag), img_tensor, box_tensor, step, walltime, **options)

    def add_figure(
        self, tag: str, figure: Any, global_step: Any = None, close: bool = True, walltime: float | None = None
    ) -> None:
        """Show a figure of matplotlib, or a list of them; they are closed unless ``close`` is False."""
        self._show("add_figure", tag_of(tag), figure, step_of(global_step), close, walltime)

    def add_video(
        self,
        tag: str,
        vid_tensor: Any,
        global_step: Any = None,
        fps: float = 4,
        walltime: float | None = None,
        dataformats: str = "NTCHW",
    ) -> None:
        """Show a video, with axes in the order ``dataformats``; it needs the package moviepy."""
        self._show("add_video", tag_of(tag), vid_tensor, step_of(global_step), fps, walltime, dataformats)

    def add_audio(
        self,
        tag: str,
        snd_tensor: Any,
        global_step: Any = None,
        sample_rate: int = 44100,
        walltime: float | None = None,
    ) -> None:
        """Show a sound: numbers from -1 to 1, of shape (length,) or (1, length); it needs the package soundfile."""
        if len(getattr(snd_tensor, "shape", ())) == 2 and snd_tensor.shape[0] == 1:
            snd_tensor = snd_tensor[0]  # torch's shape; that of tensorboardX is (length, channels)
        self._show("add_audio", tag_of(tag), snd_tensor, step_of(global_step), sample_rate, walltime)

    # ---- hyper-parameters --------------------------------------------------------------------------------------------

    def add_hparams(
        self,
        hparam_dict: Mapping[str, Any],
        metric_dict: Mapping[str, Any],
        hparam_domain_discrete: Any = None,
        run_name: Any = None,
        global_step: Any = None,
        name: str | None = None,
    ) -> None:
        """Show hyper-parameters, and the results that they led to, in TensorBoard's HPARAMS tab.

        TensorBoard shows one set for a run. It is that of the run itself; a further set in a folder of its own, or one
        with a name, becomes a run below that folder, as torch has it.

        Args:
            hparam_dict: hyper-parameters by name.
            metric_dict: numbers by name, recorded as `add_scalar` does.
            hparam_domain_discrete: taken for scripts that pass it; it changes nothing.
            run_name: name of the run below (torch).
            global_step: time step of the numbers.
            name: the same as ``run_name`` (tensorboardX, where it comes third).

        Raises:
            TypeError: one of the two is no dict.
            ValueError: as by `add_scalar`.
        """
        if not (isinstance(hparam_dict, Mapping) and isinstance(metric_dict, Mapping)):
            raise TypeError("add_hparams takes two dicts: hyper-parameters by name, and numbers by name.")
        if isinstance(hparam_domain_discrete, str):  # tensorboardX: hparams, metrics, name, global_step
            name = hparam_domain_discrete
            run_name, global_step = None, global_step if run_name is None else run_name
        step = step_of(global_step)
        numbers = {tag_of(key): number_of(key, value) for key, value in metric_dict.items()}
        table = {str(key): as_value(value) for key, value in hparam_dict.items()}
        below = str(run_name or name or (f"{time.time()}" if self._has_hparams else ""))
        self._go_on()
        if below and self._folder:
            logger = logger_for(os.path.join(self._folder, below))
            try:
                self._show_hparams(logger, table, numbers)
                logger.dump_row(numbers, step)
            finally:
                give_back(logger)
            return
        if self._has_hparams:
            problem = "a run has one set of hyper-parameters: TensorBoard shows those of the first add_hparams"
            self._logger._warn_once("hparams", problem)
        self._has_hparams = True
        self._show_hparams(self._logger, table, numbers)
        for key, number in numbers.items():
            self.add_scalar(key, number, step)

    def _show_hparams(self, logger: Logger, table: Mapping[str, Any], numbers: Mapping[str, Any]) -> None:
        def pack() -> None:
            hparams = require("tensorboardX.summary", "tensorboard").hparams
            for summary in hparams(table, numbers):
                writer_for(logger)._get_file_writer().add_summary(summary)

        self._try("add_hparams", pack)

    # ---- by tensorboardX ---------------------------------------------------------------------------------------------

    def add_tensor(self, tag: str, tensor: Any, global_step: Any = None, walltime: float | None = None) -> None:
        """Keep a tensor in the event file, as torch does; TensorBoard itself shows none."""

        def pack() -> None:
            summary = require("torch.utils.tensorboard.summary", "torch").tensor_proto(tag, tensor)
            event = require("tensorboard.compat.proto.event_pb2", "torch").Event(summary=summary)
            event.step = whole_step(step)
            event.wall_time = time.time() if walltime is None else walltime
            self._logger.add_event(event.SerializeToString())

        step = step_of(global_step)
        self._go_on()
        self._try("add_tensor", pack, tag_of(tag))

    def add_onnx_graph(self, prototxt: Any = None, onnx_model_file: Any = None) -> None:
        """Show the graph of a file in ONNX format; the file comes first in torch and in tensorboardX."""
        self._show("add_onnx_graph", onnx_model_file if prototxt is None else prototxt)

    def __getattr__(self, name: str) -> Any:
        """Return what only the writer of tensorboardX has: further methods that show something, and attributes."""
        if name.startswith("_"):
            raise self._lacks(name)
        try:
            found = getattr(require("tensorboardX", "tensorboard").SummaryWriter, name, None)
            if not name.startswith("add_"):
                return getattr(writer_for(self._logger), name)
        except (RLAError, AttributeError) as error:
            if not (isinstance(error, MissingPackageError) and name.startswith("add_")):
                raise self._lacks(name) from error
            return functools.partial(self._show, name)  # it says what is missing, once
        if found is None:
            raise self._lacks(name)
        return functools.partial(self._show_at_step, name, inspect.signature(found))

    def _lacks(self, name: str) -> AttributeError:
        return AttributeError(f"SummaryWriter has no attribute '{name}'.{did_you_mean(name, dir(self))}")

    def _show_at_step(self, method: str, signature: inspect.Signature, *arguments: Any, **options: Any) -> None:
        """Show something of which no more is known than how tensorboardX calls its arguments."""
        bound = signature.bind(self, *arguments, **options)
        if "global_step" in signature.parameters:
            bound.arguments["global_step"] = step_of(bound.arguments.get("global_step"))
        self._show(method, *bound.args[1:], **bound.kwargs)

    def _show(self, method: str, *arguments: Any, **options: Any) -> None:
        def pack() -> None:
            if method == "add_video" and importlib.util.find_spec("moviepy") is None:  # tensorboardX only prints a line
                raise ModuleNotFoundError("videos need the package moviepy: pip install moviepy")
            getattr(writer_for(self._logger), method)(*arguments, **options)

        tag = options.get("tag", arguments[0] if arguments else None)
        self._go_on()
        self._try(method, pack, tag if isinstance(tag, str) else "")

    def _try(self, method: str, pack: Callable[[], object], tag: str = "") -> None:
        """Pack an event; whatever other packages raise then must not end the training."""
        if self._logger.muted:
            return
        what = f"{method}('{tag}')" if tag else method
        if "tensorboard" not in self._logger.formats:
            self._logger._warn_once("media", f"{what} shows nothing: 'tensorboard' is no output of this run")
            return
        try:
            pack()
        except Exception as error:  # of tensorboardX, or of whatever it imports for this kind
            problem = f"{what} could not be shown in TensorBoard: {type(error).__name__}: {error}"
            self._logger._warn_once(f"{method} {type(error).__name__}", problem)
