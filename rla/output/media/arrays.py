"""What users hand over as pictures, sound or values, as an array of numpy: of numpy, torch, JAX, TensorFlow, lists.

Nothing is imported to recognise an object: its module is loaded where there is such an object.
"""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import numpy

    Array = numpy.ndarray[Any, Any]

__all__ = ["as_array", "described", "is_instance"]


def as_array(value: Any, call: str, expected: str) -> Array:
    """Return an array of numbers or bools, whatever library it came from and wherever it lay.

    Args:
        value: an array, a tensor (also of a GPU, also one with a gradient), nested lists, or a number.
        call: what the user called, for messages.
        expected: what the call takes, for messages.

    Raises:
        TypeError: it is none, or holds something else than numbers.
        ValueError: its lists are of different lengths, or it is empty.
    """
    import numpy

    if value is None or isinstance(value, (str, bytes, dict, set)):
        raise TypeError(f"{call} takes {expected}; got {described(value)}.")
    try:
        array = numpy.asarray(_on_the_host(value))
    except ValueError as error:  # nested lists of different lengths
        raise ValueError(f"{call} takes {expected}; got {described(value)} that is no array: {error}") from error
    except Exception as error:  # whatever a foreign type raises
        raise TypeError(f"{call} takes {expected}; got {described(value)} that is no array: {error}") from error
    if array.dtype.name == "bfloat16":  # of ml_dtypes, which numpy does not count among the numbers
        array = array.astype(numpy.float32)
    if array.dtype.kind not in "biuf":
        raise TypeError(f"{call} takes {expected}; got {described(value, array)}.")
    if not array.size:
        raise ValueError(f"{call} takes {expected}; got {described(value, array)}, which is empty.")
    return array


def _on_the_host(value: Any) -> Any:
    if hasattr(value, "detach"):  # a tensor of torch
        value = value.detach().cpu()
        return value.float() if str(value.dtype) == "torch.bfloat16" else value
    if isinstance(value, (list, tuple)) and any(hasattr(item, "detach") for item in value):
        return [_on_the_host(item) for item in value]
    return value


def described(value: Any, array: Array | None = None) -> str:
    """Return what came, as a message tells it."""
    if value is None:
        return "None"
    kind = f"{type(value).__module__}.{type(value).__qualname__}".removeprefix("builtins.")
    article = "an" if kind[0] in "aeiou" else "a"
    if array is None:
        return f"{article} {kind}"
    return f"{article} {kind} of shape {array.shape} and type {array.dtype}"


def is_instance(value: Any, module: str, name: str) -> bool:
    """Say whether a value is of a class, without importing its module: what is not loaded has no objects."""
    loaded = sys.modules.get(module)
    return loaded is not None and isinstance(value, getattr(loaded, name))
