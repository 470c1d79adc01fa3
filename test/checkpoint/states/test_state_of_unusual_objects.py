"""Of any object, what can be kept is kept, and what cannot is named: nothing is lost silently, or broken."""

from __future__ import annotations

import enum
import socket
import threading
from collections import OrderedDict, defaultdict, deque
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import pytest
import torch

from rla import ExperimentManager
from rla.checkpoint.states.giving import give_state
from rla.checkpoint.states.objects import take_state, taken_value
from rla.errors import CheckpointError


class Transition(NamedTuple):
    state: Any
    action: int


class Phase(enum.Enum):
    EXPLORE = 1
    EXPLOIT = 2


class Thing:
    """Anything: ``Thing(a=1)``."""

    def __init__(self, **attributes: Any) -> None:
        self.__dict__.update(attributes)


class Slotted:
    __slots__ = ("count", "inner", "unset")

    def __init__(self, count: int) -> None:
        self.count, self.inner = count, Thing(a=count)


class Table(dict[Any, Any]):
    """A dict with attributes of its own."""

    visits = 0


def given(old: Any, new: Any) -> Any:
    state, left_out = take_state(old)
    assert left_out == []
    return give_state(new, state, "it")


def left_out_of(value: Any) -> list[str]:
    return take_state(value)[1]


@pytest.mark.parametrize(
    ("value", "fresh"),
    [
        (Transition(np.float32(1.0), 2), None),
        (deque([Transition(1, 2), Transition(3, 4)], maxlen=9), deque(maxlen=9)),
        (Phase.EXPLOIT, Phase.EXPLORE),
        ({1, (2, 3)}, set()),
        (OrderedDict([("b", 1), ("a", 2)]), OrderedDict()),
        ({(0, 1): [1, 2], None: 3}, {}),
        (defaultdict(int, {(1, 2): 3}), defaultdict(int, {(9, 9): 1})),
        ({"rla:kind": "deque"}, {}),
        (1 + 2j, None),
    ],
)
def test_attributes_of_many_kinds_come_back(value: Any, fresh: Any) -> None:
    new = Thing(value=fresh)
    given(Thing(value=value), new)
    assert new.value == value
    assert type(new.value) is type(value)


def test_attributes_in_slots_come_back() -> None:
    new = Slotted(1)
    given(Slotted(5), new)
    assert (new.count, new.inner.a, hasattr(new, "unset")) == (5, 5, False)


def test_a_container_with_attributes_keeps_both() -> None:
    old, new = Table({"a": 1}), Table({"b": 2})
    old.visits = 7
    given(old, new)
    assert (dict(new), new.visits) == ({"a": 1}, 7)


def test_objects_in_tuples_and_dicts_get_theirs() -> None:
    def make(number: int) -> Thing:
        return Thing(pair=(Thing(a=number), number), by_name={"x": Thing(a=number), "n": number})

    new = make(0)
    first = new.pair[0]
    given(make(5), new)
    assert (new.pair[0] is first, first.a, new.pair[1]) == (True, 5, 5)
    assert (new.by_name["x"].a, new.by_name["n"]) == (5, 5)


def test_generators_that_are_made_when_first_needed_are_made() -> None:
    old, new = Thing(generator=np.random.default_rng(3)), Thing(generator=None)
    given(old, new)
    assert new.generator.random() == old.generator.random()


def test_properties_are_not_called() -> None:
    class Strict(Thing):
        @property
        def broken(self) -> int:
            raise AssertionError

    new = Strict(a=1)
    given(Strict(a=2), new)
    assert new.a == 2


def test_lists_that_hold_themselves_end() -> None:
    endless: list[Any] = [1]
    endless.append(endless)
    new: list[Any] = [0]
    new.append(new)
    give_state(new, take_state(endless)[0], "it")
    assert new[0] == 1


@pytest.mark.parametrize(
    "value",
    [
        np.ma.masked_array([1, 2], [0, 1]),
        np.zeros(2, dtype=[("a", float)]),
        np.array([Thing()], dtype=object),
        memoryview(b"a"),
        iter([1, 2]),
        torch.nn.parameter.UninitializedParameter(),
    ],
    ids=lambda value: type(value).__name__,
)
def test_what_no_saver_holds_is_named(value: Any) -> None:
    assert left_out_of(Thing(value=value)) == [f"value ({type(value).__name__})"]


def test_what_the_system_lends_is_named_and_never_touched() -> None:
    with socket.socket() as one, socket.socket() as other, open(__file__) as file:
        thread = threading.Thread(target=print)
        old, new = Thing(pipe=one, file=file, thread=thread), Thing(pipe=other, file=None, thread=thread)
        state, left_out = take_state(old)
        assert left_out == ["pipe (socket)", "file (TextIOWrapper)", "thread (Thread)"]
        give_state(new, state, "it")
        assert new.pipe is other


def test_a_class_written_in_c_with_attributes_of_its_own_is_named() -> None:
    class Simulator(bytearray):
        """Its values are in no attribute, though it may have some."""

    assert left_out_of(Thing(value=Simulator(b"a"))) == ["value (Simulator)"]


def test_what_training_is_built_of_is_no_state() -> None:
    parts = Thing(
        net=torch.nn.Linear, lock=threading.Lock(), folder=Path("a"), manager=ExperimentManager(), kind=np.int8
    )
    state, left_out = take_state(parts)
    assert (state["attributes"], state["inside"], left_out) == ({}, {}, [])


def test_a_state_is_given_to_its_own_class_only() -> None:
    with pytest.raises(CheckpointError, match=r"state of 'it.inner' is that of a Slotted; it is given to a Thing"):
        given(Thing(inner=Slotted(1)), Thing(inner=Thing()))
    with pytest.raises(CheckpointError, match=r"'it.inner' is not there yet; make it"):
        given(Thing(inner=Slotted(1)), Thing(inner=None))


def test_a_class_that_is_not_loaded_is_asked_for() -> None:
    state, _ = take_state(Thing(value=Phase.EXPLOIT))
    state["attributes"]["value"]["class"] = "somewhere.else:Phase"
    with pytest.raises(CheckpointError, match=r"'Phase' of the module 'somewhere.else', which is not loaded here"):
        give_state(Thing(value=None), state, "it")


def test_a_state_dict_that_would_need_code_is_refused() -> None:
    class Odd:
        def state_dict(self) -> dict[str, Any]:
            return {"inner": [Thing()]}

        def load_state_dict(self, state: dict[str, Any]) -> None: ...

    with pytest.raises(CheckpointError, match=r"state_dict\(\) of a Odd has a Thing at \['inner'\]\[0\]"):
        take_state(Odd())


def test_too_many_objects_are_refused_with_advice() -> None:
    with pytest.raises(CheckpointError, match=r"more than 10,000 objects.* keep transitions in arrays"):
        take_state([Thing() for _ in range(10_001)])


def test_an_array_that_two_share_is_one_afterwards() -> None:
    shared, kept = np.zeros(3), np.ones(3)
    new = Thing(a=kept, b=kept)
    given(Thing(a=shared, b=shared), new)
    assert new.a is new.b is kept
    assert taken_value(shared) == (shared,)
