"""The state of everything that draws random numbers: the global generators of a process, and single generators."""

from __future__ import annotations

import random
import sys
from typing import Any

__all__ = ["give_generator", "give_global_generators", "new_generator", "take_generator", "take_global_generators"]


def take_global_generators() -> dict[str, Any]:
    """Return the states of the global generators of Python, of numpy, and of torch on processor and graphics cards.

    Those of packages that are not loaded have not been drawn from, and are left out. States of torch become arrays of
    numpy, which checkpoints of every framework hold.
    """
    states: dict[str, Any] = {"python": _as_lists(random.getstate())}
    numpy = sys.modules.get("numpy")
    if numpy is not None:
        states["numpy"] = numpy.random.get_state(legacy=False)
    torch = sys.modules.get("torch")
    if torch is not None:
        states["torch"] = torch.get_rng_state().numpy()
        if torch.cuda.is_available() and torch.cuda.is_initialized():
            states["cuda"] = [state.cpu().numpy() for state in torch.cuda.get_rng_state_all()]
    return states


def give_global_generators(states: dict[str, Any]) -> list[str]:
    """Let the global generators go on from states that `take_global_generators` has returned.

    Returns:
        What could not be given back, a text each: this machine has other graphics cards, say.
    """
    random.setstate(_as_tuples(states["python"]))
    left_out = []
    if "numpy" in states:
        import numpy

        numpy.random.set_state(states["numpy"])
    if "torch" in states:
        import torch

        torch.set_rng_state(torch.from_numpy(states["torch"]))
        cards = states.get("cuda", [])
        if cards and len(cards) == torch.cuda.device_count():
            torch.cuda.set_rng_state_all([torch.from_numpy(card) for card in cards])
        elif cards:
            left_out.append(f"the generators of {len(cards)} graphics cards: here are {torch.cuda.device_count()}")
    return left_out


def take_generator(generator: Any) -> Any | None:
    """Return the state of a generator of Python, numpy or torch; None when it is none."""
    if isinstance(generator, random.Random):
        return _as_lists(generator.getstate())
    numpy, torch = sys.modules.get("numpy"), sys.modules.get("torch")
    if numpy is not None and isinstance(generator, numpy.random.Generator):
        return dict(generator.bit_generator.state)
    if numpy is not None and isinstance(generator, numpy.random.RandomState):
        return generator.get_state(legacy=False)
    if torch is not None and isinstance(generator, torch.Generator):
        return generator.get_state().cpu().numpy()
    return None


def give_generator(generator: Any, state: Any) -> None:
    """Let a generator go on from a state that `take_generator` has returned of one of its kind.

    Raises:
        ValueError: the state is that of another kind.
        TypeError: likewise.
    """
    if isinstance(generator, random.Random):
        generator.setstate(_as_tuples(state))
    elif hasattr(generator, "bit_generator"):
        generator.bit_generator.state = state
    elif hasattr(generator, "get_state") and hasattr(generator, "seed") and hasattr(generator, "normal"):
        generator.set_state(state)  # RandomState
    else:
        import torch

        generator.set_state(torch.from_numpy(state))


def new_generator(state: Any) -> Any:
    """Return a new generator of numpy with a state that `take_generator` has returned of one.

    Raises:
        TypeError: the state is that of a generator of another kind.
    """
    import numpy

    kind = getattr(numpy.random, state["bit_generator"], None) if isinstance(state, dict) else None
    if "gauss" in state or not (isinstance(kind, type) and issubclass(kind, numpy.random.BitGenerator)):
        raise TypeError("there is no generator yet; make one")
    generator = numpy.random.Generator(kind())
    generator.bit_generator.state = state
    return generator


def _as_lists(state: tuple[Any, ...]) -> list[Any]:
    version, numbers, following = state
    return [version, list(numbers), following]


def _as_tuples(state: list[Any]) -> tuple[Any, ...]:
    version, numbers, following = state
    return version, tuple(numbers), following
