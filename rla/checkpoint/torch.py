"""Checkpoints of torch: `torch.save` into one file, read with ``weights_only``."""

from __future__ import annotations

import contextlib
import pickle
import re
from typing import Any, ClassVar

from rla.checkpoint.base import CheckpointSaver, Stream
from rla.errors import UntrustedPickleError
from rla.optional import require

__all__ = ["TorchSaver"]

_REFUSED = re.compile(r"(?:GLOBAL|global|class|function)\s+([\w.]+)")


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

    def read(self, path: str, trust: bool) -> Any:
        where = None if self._torch.cuda.is_available() else "cpu"  # saved on a machine with a GPU, read on one without
        try:
            with self._accepting_arrays():
                return self._torch.load(path, map_location=where, weights_only=not trust)
        except pickle.UnpicklingError as error:
            refused = _REFUSED.search(str(error))
            if trust or refused is None:
                raise
            raise UntrustedPickleError(path, refused[1]) from None

    def remark(self, content: dict[str, Any]) -> str | None:
        modules = [str(key) for key, value in content.items() if isinstance(value, self._torch.nn.Module)]
        if not modules:
            return None
        return (
            f"the checkpoint holds whole modules ({', '.join(modules)}), so it can only be loaded with trust=True; "
            f"save their state_dict() instead"
        )

    def _accepting_arrays(self) -> contextlib.AbstractContextManager[Any]:
        """Accept arrays of numpy while a file is read: plain data, which torch leaves out of its own list."""
        make = getattr(self._torch.serialization, "safe_globals", None)
        if make is None:  # before torch 2.5
            return contextlib.nullcontext()
        import numpy

        multiarray = getattr(numpy, "_core", None) or numpy.core  # type: ignore[attr-defined,unused-ignore]
        kinds = [type(numpy.dtype(code)) for code in "?bhilqBHILQefdgFDGSUMm"]
        reconstruct = multiarray.multiarray._reconstruct
        names = [(reconstruct, f"numpy.{part}.multiarray._reconstruct") for part in ("core", "_core")]
        scalar = [(multiarray.multiarray.scalar, f"numpy.{part}.multiarray.scalar") for part in ("core", "_core")]
        context: contextlib.AbstractContextManager[Any] = make(
            [numpy.ndarray, numpy.dtype, *kinds, *names, *scalar, _encode_latin1()]
        )
        return context


def _encode_latin1() -> Any:
    import _codecs

    return _codecs.encode  # how pickles of protocol 2 hold bytes
