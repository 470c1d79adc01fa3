"""Checkpoints of JAX: what was loaded, in the classes that the program has."""

from __future__ import annotations

from typing import Any

from rla.errors import CheckpointError
from rla.optional import require

__all__ = ["restore"]

_SHOWN = 3


def restore(like: Any, saved: Any) -> Any:
    """Return a pytree that is built like one, with the values of another that was loaded from a checkpoint.

        step, saved = exp_manager.load_checkpoint()
        params = saved["params"]  # dicts, lists and tuples need nothing
        opt_state = restore(optimizer.init(params), saved["opt_state"])  # its NamedTuples do

    What no array holds, such as the functions in a `TrainState` of flax, stays that of ``like``.

    Args:
        like: a pytree of the right classes; the values of its leaves are not used.
        saved: what `load_checkpoint` gave for such a tree.

    Raises:
        CheckpointError: the trees are not built alike, or arrays have other shapes; the message says where.
        MissingPackageError: JAX is not installed.
    """
    jax: Any = require("jax", "jax")
    leaves, structure = jax.tree_util.tree_flatten_with_path(like)
    problems: list[str] = []
    values: list[Any] = []
    for path, leaf in leaves:
        name = jax.tree_util.keystr(path) or "the tree"
        try:
            value = _at(saved, path)
        except (KeyError, IndexError, TypeError):
            problems.append(f"{name} is missing in the checkpoint")
            continue
        values.append(value)
        if not _is_leaf(value):
            problems.append(f"{name} is a {type(value).__name__} in the checkpoint")
        elif getattr(leaf, "shape", ()) != getattr(value, "shape", ()):
            problems.append(f"{name} has the shape {_shape(value)} in the checkpoint, {_shape(leaf)} here")
    if not problems and (more := len(jax.tree_util.tree_leaves(saved)) - len(leaves)):
        problems.append(f"the checkpoint has {more} leaves that are not here")
    if problems:
        told = "; ".join(problems[:_SHOWN]) + (f"; and {len(problems) - _SHOWN} more" * (len(problems) > _SHOWN))
        raise CheckpointError(f"The checkpoint is of another tree than the one it shall be put into: {told}.")
    return jax.tree_util.tree_unflatten(structure, values)


def _at(saved: Any, path: Any) -> Any:
    """Return what stands at a path of `jax.tree_util`."""
    for entry in path:
        key = next(getattr(entry, name) for name in ("key", "idx", "name") if hasattr(entry, name))
        saved = saved[key]
    return saved


def _is_leaf(value: Any) -> bool:
    return not isinstance(value, (dict, list, tuple))


def _shape(value: Any) -> tuple[int, ...]:
    return tuple(getattr(value, "shape", ()))
