"""States of objects, given back in place to objects that were made as those that they were taken of."""

from __future__ import annotations

import types
from collections import OrderedDict, deque
from collections.abc import Mapping
from typing import Any

from rla.checkpoint.states.random_numbers import give_generator, new_generator
from rla.checkpoint.states.values import decoded, is_plain
from rla.errors import CheckpointError

__all__ = ["give_state", "slots_of"]


def give_state(value: Any, state: Mapping[str, Any], name: str = "") -> Any:
    """Give an object a state that `take_state` has returned of one like it, in place.

    Args:
        value: the object.
        state: the state.
        name: what it is called in errors.

    Returns:
        The object; another one where it cannot be changed in place, as a tuple.

    Raises:
        CheckpointError: the state is that of an object of another kind or shape; the message says where.
    """
    try:
        if "state_dict" in state:
            value.load_state_dict(decoded(state["state_dict"]))
        elif "value" in state:
            new = decoded(state["value"])
            return value if _given_in_place(value, new) else new
        elif "generator" in state:
            if value is None:  # environments make theirs when they are first needed
                return new_generator(state["generator"])
            give_generator(value, state["generator"])
        else:
            if value is None and state:
                raise CheckpointError(f"'{name}' is not there yet; make it as it was made before, and reset it.")
            if state and state["class"] != type(value).__qualname__:
                raise CheckpointError(
                    f"The state of '{name}' is that of a {state['class']}; it is given to a {type(value).__name__}."
                )
            if state:
                _give_attributes(value, state, name)
            if "items" in state:
                return _with_items(value, state, name)
    except CheckpointError:
        raise
    except Exception as error:  # frameworks raise what they like for a state that does not fit
        raise CheckpointError(
            f"The state of '{name}' does not fit the {type(value).__name__} that it is given to: "
            f"{' '.join(str(error).split())}"
        ) from error
    return value


def slots_of(kind: type) -> dict[str, Any]:
    """Return the attributes of a class that stand in ``__slots__``, with what reads and sets them."""
    found: dict[str, Any] = {}
    for base in reversed(kind.__mro__):
        if "__slots__" in vars(base):
            found |= {key: each for key, each in vars(base).items() if type(each) is types.MemberDescriptorType}
    return found


def _give_attributes(value: Any, state: Mapping[str, Any], name: str) -> None:
    attributes, slots = getattr(value, "__dict__", {}), slots_of(type(value))

    def there(key: str) -> Any:
        return getattr(value, key, None) if key in slots else attributes.get(key)

    def put(key: str, new: Any) -> None:
        if key in slots:
            slots[key].__set__(value, new)
        else:
            attributes[key] = new  # nothing of the object's own runs, as a property might

    for key, plain in state["attributes"].items():
        before, new = there(key), decoded(plain)
        if not _given_in_place(before, new):
            put(key, new)
    for key, inside in state["inside"].items():
        before = there(key)
        if before is None and key not in slots and key not in attributes:
            raise CheckpointError(f"The state of '{name}' has a '{key}'; the {type(value).__name__} has none.")
        after = give_state(before, inside, f"{name}.{key}")
        if after is not before:
            put(key, after)


def _with_items(value: Any, state: Mapping[str, Any], name: str) -> Any:
    """Give items to a container, and return it, or a new one where it cannot be changed."""
    plain = [(decoded(key), decoded(item)) for key, item in state["items"]]
    inside = [(decoded(key), item) for key, item in state["objects"]]
    if isinstance(value, dict):
        _give_to_dict(value, plain, inside, name)
        return value
    items = list(value)
    if len(items) != state["length"]:
        if inside or isinstance(value, tuple):
            raise CheckpointError(f"The state of '{name}' has {state['length']} items; here are {len(items)}.")
        items = [None] * state["length"]
    for key, new in plain:
        if not _given_in_place(items[key], new):
            items[key] = new
    for key, each in inside:
        items[key] = give_state(items[key], each, f"{name}[{key}]")
    if all(before is after for before, after in zip(value, items, strict=False)) and len(items) == len(value):
        return value
    if isinstance(value, tuple):
        return tuple.__new__(type(value), items)
    _refill(value, items)
    return value


def _give_to_dict(value: dict[Any, Any], plain: list[Any], inside: list[Any], name: str) -> None:
    base = OrderedDict if isinstance(value, OrderedDict) else dict
    for key, state in inside:
        if key not in value:
            raise CheckpointError(f"The state of '{name}' has a '{key}'; here is none.")
        after = give_state(value[key], state, f"{name}[{key!r}]")
        if after is not value[key]:
            base.__setitem__(value, key, after)
    given = {key for key, _ in plain}
    for key in [key for key, there in dict.items(value) if key not in given and is_plain(there)]:
        base.__delitem__(value, key)  # it came after the state was taken
    for key, new in plain:
        if not _given_in_place(dict.get(value, key), new):
            base.__setitem__(value, key, new)


def _given_in_place(there: Any, new: Any) -> bool:
    """Fill an array, tensor, list, dict, set or deque that is there already: others may hold it, too."""
    if type(there) is not type(new):
        return False
    if isinstance(there, deque) and there.maxlen != new.maxlen:
        return False
    if isinstance(there, (list, deque)):
        _refill(there, list(new))
    elif isinstance(there, (dict, set)):
        there.clear()
        there.update(new)
    elif getattr(there, "ndim", 0) and hasattr(there, "shape"):
        return _filled(there, new)
    else:
        return False
    return True


def _refill(there: Any, items: list[Any]) -> None:
    if isinstance(there, deque):
        there.clear()
        there.extend(items)
    else:
        list.__setitem__(there, slice(None), items)


def _filled(there: Any, new: Any) -> bool:
    """Fill an array or a tensor; not one of another shape, as it grows, or is not there before the first reset."""
    if tuple(there.shape) != tuple(new.shape) or there.dtype != new.dtype:
        return False
    if hasattr(there, "detach"):
        there.detach().copy_(new)
    elif there.flags.writeable:
        there[...] = new
    else:
        return False
    return True
