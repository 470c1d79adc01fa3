"""Checkpoints of torch: `torch.save` into one file, read with ``weights_only``."""

from __future__ import annotations

import _codecs
import contextlib
import functools
import pickle
import re
import secrets
import threading
import zipfile
from collections import OrderedDict
from collections.abc import Callable, Iterator
from typing import Any, ClassVar, Final

from rla.checkpoint.base import CheckpointSaver, Stream
from rla.checkpoint.torch_copies import copy_of
from rla.database.safe_arrays import SafeArray, finished, stand_ins
from rla.errors import UntrustedPickleError
from rla.optional import require

__all__ = ["TorchSaver"]

_REFUSED: Final = re.compile(r"(?:GLOBAL|global|class|function)\s+([\w.]+)")
_LISTED: Final = 5
_LOCK: Final = threading.Lock()
"""Held while torch's list of what may be read is ours: it is one for the process."""


class TorchSaver(CheckpointSaver):
    """Saves what `torch.save` saves; any reader of torch understands the files.

    Raises:
        MissingPackageError: torch is not installed.
    """

    suffix: ClassVar[str] = ".pt"

    def __init__(self) -> None:
        self._torch: Any = require("torch", "torch")

    def write(self, content: dict[str, Any], stream: Stream) -> None:
        self._torch.save(content, stream)

    def frozen(self, content: dict[str, Any]) -> Callable[[Stream], None]:
        copied = copy_of(content)
        return super().frozen(content) if copied is None else functools.partial(self.write, copied)

    def read(self, path: str, trust: bool) -> Any:
        where = None if self._torch.cuda.is_available() else "cpu"  # saved on a machine with a GPU, read on one without
        try:
            if trust:
                return self._torch.load(path, map_location=where, weights_only=False)
            with self._accepting_arrays():
                return finished(self._torch.load(path, map_location=where, weights_only=True))
        except pickle.UnpicklingError as error:
            refused = _REFUSED.search(str(error))
            if trust or (refused is None and not zipfile.is_zipfile(path)):  # no file of torch at all
                raise
            wanted = f"'{refused[1]}'" if refused else "other objects"
            raise UntrustedPickleError(path, wanted, "tensors, arrays and plain values") from None

    def remark(self, content: dict[str, Any]) -> str | None:
        found = list(self._not_plain(content, ""))
        if not found:
            return None
        modules = any(isinstance(value, self._torch.nn.Module) for _, value in found)
        shown = ", ".join(f"{name} ({type(value).__name__})" for name, value in found[:_LISTED])
        advice = "; save state_dict() of a module" if modules else ""
        return f"the checkpoint can only be loaded with trust=True, because of: {shown}{advice}"

    def _not_plain(self, value: Any, name: str) -> Iterator[tuple[str, Any]]:
        """Yield name and value of what torch does not read with ``weights_only``."""
        kind = type(value)
        if kind in (dict, OrderedDict):
            for key, item in value.items():
                yield from self._not_plain(item, f"{name}.{key}" if name else str(key))
        elif kind in (list, tuple, set):
            for index, item in enumerate(value):
                yield from self._not_plain(item, f"{name}.{index}")
        elif not self._is_plain(value, kind):
            yield name, value

    def _is_plain(self, value: Any, kind: type) -> bool:
        torch = self._torch
        if kind in (int, float, complex, bool, str, bytes, type(None)):
            return True
        if isinstance(value, (torch.Tensor, torch.Size, torch.dtype, torch.device)):
            return True
        dtype = getattr(value, "dtype", None)
        return kind.__module__ == "numpy" and getattr(dtype, "kind", "") in "biufcSUMm" and not hasattr(value, "mask")

    @contextlib.contextmanager
    def _accepting_arrays(self) -> Iterator[None]:
        """Accept arrays of numpy while a file is read, by stand-ins that are safe: torch reads none by itself."""
        serialization = self._torch.serialization
        if tuple(map(int, self._torch.__version__.split(".")[:2])) < (2, 6):  # no names of our own before
            yield
            return
        names = [(stand_in, f"{module}.{name}") for (module, name), stand_in in stand_ins().items()]
        hidden = (SafeArray, f"rla.{secrets.token_hex()}")  # torch wants to know it, and no file can name it
        with _LOCK:
            before = serialization.get_safe_globals()
            try:
                serialization.clear_safe_globals()
                serialization.add_safe_globals([*names, hidden, _codecs.encode])
                yield
            finally:
                serialization.clear_safe_globals()
                serialization.add_safe_globals(before)
