"""Checkpoints of JAX: a pytree of arrays in one `.jax` file, which is a plain checkpoint (see `rla.checkpoint.plain`).

Nothing in it is a pickle, and no class is named. Dicts, lists, tuples and None come back as they are. All other nodes
of a pytree (NamedTuples, FrozenDict, TrainState, …) come back as dicts of their children, by the keys that JAX gives
them; `rla.adapt.jax.restore` puts these into a tree of the right classes. Arrays of JAX are arrays of JAX again, and of
numpy where JAX is not installed.
"""

from __future__ import annotations

import functools
import sys
from collections.abc import Callable
from typing import Any, ClassVar, Final

from rla.checkpoint.base import CheckpointSaver, Stream
from rla.checkpoint.plain import ArrayOfKind, PlainSaver, read_plain, write_plain
from rla.errors import MissingPackageError
from rla.optional import require

__all__ = ["JaxSaver"]

_BITS: Final = {1: "uint8", 2: "uint16", 4: "uint32"}
"""Types that numpy does not know, such as bfloat16, are written as numbers of their size."""


class JaxSaver(CheckpointSaver):
    """Saves pytrees of arrays, and the other values that plain checkpoints hold."""

    suffix: ClassVar[str] = ".jax"

    def write(self, content: dict[str, Any], stream: Stream) -> None:
        """Write a checkpoint.

        Raises:
            TypeError: a leaf is neither an array nor plain data; the message says where.
        """
        write_plain(_as_plain(content), stream)

    def frozen(self, content: dict[str, Any]) -> Callable[[Stream], None]:
        return PlainSaver().frozen(_as_plain(content))

    def read(self, path: str, trust: bool) -> Any:
        return read_plain(path, _made)


def _as_plain(value: Any) -> Any:
    """Turn the arrays and nodes of JAX into what a plain checkpoint holds."""
    if type(value) is dict:
        return {key: _as_plain(item) for key, item in value.items()}
    if type(value) in (list, tuple):
        return type(value)(_as_plain(item) for item in value)
    jax = sys.modules.get("jax")  # without it, nothing of JAX can be here
    if jax is None:
        return value
    if isinstance(value, jax.Array):
        return _as_numpy(value, jax)
    children, _ = jax.tree_util.tree_flatten_with_path(value, is_leaf=lambda node: node is not value)
    if value is None or (len(children) == 1 and not children[0][0]):  # a leaf: its path is empty
        return value
    return {_key_of(path[0]): _as_plain(child) for path, child in children}


def _key_of(entry: Any) -> Any:
    """Return the key, index or name of a child, as `jax.tree_util` tells it."""
    for attribute in ("key", "idx", "name"):
        if hasattr(entry, attribute):
            return getattr(entry, attribute)
    return str(entry)


def _as_numpy(value: Any, jax: Any) -> ArrayOfKind:
    """Return an array of JAX as one of numpy, and what it was."""
    import numpy

    if jax.dtypes.issubdtype(value.dtype, jax.dtypes.prng_key):
        data = numpy.asarray(jax.random.key_data(value))
        return ArrayOfKind(data, {"key": str(jax.random.key_impl(value))})
    array = numpy.asarray(value)
    if array.dtype.kind in "biufc":
        return ArrayOfKind(array, {})
    return ArrayOfKind(array.view(_BITS[array.dtype.itemsize]), {"dtype": array.dtype.name})


@functools.lru_cache(maxsize=1)
def _installed_jax() -> Any:
    try:
        return require("jax", "jax")
    except MissingPackageError:
        return None


def _made(found: ArrayOfKind) -> Any:
    """Make an array of JAX of one of numpy, where that can hold its values."""
    array, kind, jax = found.array, found.kind, _installed_jax()
    if "key" in kind:
        return array if jax is None else jax.random.wrap_key_data(array, impl=kind["key"])
    if "dtype" in kind:
        array = array.view(require("numpy", "").dtype(getattr(require("ml_dtypes", "jax"), kind["dtype"])))
    # without jax_enable_x64 JAX would cut numbers of 64 bits
    whole = jax is not None and jax.dtypes.canonicalize_dtype(array.dtype) == array.dtype
    return jax.numpy.asarray(array) if whole else array
