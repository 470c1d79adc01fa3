"""Copies of what a training goes on changing: tensors of torch, in the memory of the processor.

A copy is written by `torch.save` as the original would be: tensors that share memory share it again.
"""

from __future__ import annotations

from collections import OrderedDict
from typing import Any, Final

from rla.optional import require

__all__ = ["copy_of"]

_UNCHANGING: Final = (bool, int, float, complex, str, bytes, type(None))


class _NoCopyError(Exception):
    """Something is neither a tensor, nor an array, nor plain data."""


def copy_of(content: dict[str, Any]) -> dict[str, Any] | None:
    """Return a copy of tensors, arrays and plain values in dicts, lists, tuples and sets; None where there is more."""
    copies = _Copies()
    try:
        copied: dict[str, Any] = copies.of(content)
    except (_NoCopyError, RecursionError):
        return None
    return copied


class _Copies:
    """Copies values; what they share is copied once."""

    def __init__(self) -> None:
        self._torch: Any = require("torch", "torch")
        self._storages: dict[tuple[str, int, int], Any] = {}

    def of(self, value: Any) -> Any:
        kind = type(value)
        if kind in _UNCHANGING or isinstance(value, (self._torch.Size, self._torch.dtype, self._torch.device)):
            return value
        if kind in (dict, OrderedDict):
            made = kind((key, self.of(item)) for key, item in value.items())
            if kind is OrderedDict:  # a state_dict has the versions of its modules as an attribute
                made.__dict__.update(vars(value))
            return made
        if kind in (list, tuple, set):
            return kind(self.of(item) for item in value)
        if kind in (self._torch.Tensor, self._torch.nn.Parameter):
            return self._tensor(value)
        dtype = getattr(value, "dtype", None)
        if kind.__module__ == "numpy" and getattr(dtype, "kind", "O") != "O" and hasattr(value, "copy"):
            return value.copy()
        raise _NoCopyError

    def _tensor(self, tensor: Any) -> Any:
        torch = self._torch
        unusual = tensor.is_quantized or tensor.is_conj() or tensor.is_neg() or tensor.is_meta
        if unusual or tensor.layout is not torch.strided:
            raise _NoCopyError
        with torch.no_grad():
            view = torch.empty(0, dtype=tensor.dtype)
            view.set_(self._storage(tensor), tensor.storage_offset(), tensor.size(), tensor.stride())
        if type(tensor) is torch.nn.Parameter:
            return torch.nn.Parameter(view, requires_grad=tensor.requires_grad)
        return view.requires_grad_(tensor.requires_grad)

    def _storage(self, tensor: Any) -> Any:
        """Return a copy of the memory in which a tensor lies, all of it: `torch.save` writes all of it."""
        storage = tensor.untyped_storage()
        place = (str(storage.device), storage.data_ptr(), storage.nbytes())
        if place not in self._storages:
            self._storages[place] = storage.clone() if storage.device.type == "cpu" else storage.cpu()
        return self._storages[place]
