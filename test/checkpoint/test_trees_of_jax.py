"""Checkpoints of JAX: dicts, lists and tuples come back as they are, all other nodes of a pytree by `restore`."""

from __future__ import annotations

import os
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import pytest

from rla import exp_manager
from rla.adapt.jax import restore
from rla.errors import CheckpointError

jax = pytest.importorskip("jax", reason="JAX is not installed")
jnp: Any = pytest.importorskip("jax.numpy", reason="JAX is not installed")


class Moments(NamedTuple):
    mean: Any
    count: Any


@jax.tree_util.register_pytree_node_class
class Agent:
    """A node of the user's, with something in it that no array holds."""

    def __init__(self, params: Any, activation: Callable[..., Any]) -> None:
        self.params, self.activation = params, activation

    def tree_flatten(self) -> tuple[tuple[Any], Callable[..., Any]]:
        return (self.params,), self.activation

    @classmethod
    def tree_unflatten(cls, activation: Any, children: Any) -> Agent:
        return cls(*children, activation)


def tree() -> dict[str, Any]:
    return {
        "params": {"dense": {"kernel": jnp.arange(6.0).reshape(2, 3), "bias": jnp.zeros(3, jnp.bfloat16)}},
        "moments": (Moments(jnp.ones(2), jnp.int32(4)), ()),
        "agent": Agent([jnp.ones(3)], jnp.tanh),
        "key": jax.random.split(jax.random.key(1)),
    }


def same(one: Any, other: Any) -> bool:
    if jnp.issubdtype(other.dtype, jax.dtypes.prng_key):
        one, other = jax.random.key_data(one), jax.random.key_data(other)
    return bool(one.dtype == other.dtype and np.array_equal(one, other))


def test_containers_come_back_as_they_are_and_nodes_as_dicts(
    begin: Callable[..., Path], save_at: Callable[..., str]
) -> None:
    begin("jax")
    save_at(3, tree())
    step, saved = exp_manager.load_checkpoint()
    assert step == 3
    assert jax.tree.structure(saved["params"]) == jax.tree.structure(tree()["params"])
    assert saved["moments"][0].keys() == {"mean", "count"}
    assert isinstance(saved["moments"], tuple)
    assert list(saved["agent"]) == [0]
    assert isinstance(saved["params"]["dense"]["bias"], jax.Array)


def test_restore_gives_all_classes_back(begin: Callable[..., Path], save_at: Callable[..., str]) -> None:
    begin("jax")
    save_at(3, tree())
    like = jax.tree.map(jnp.zeros_like, {**tree(), "key": 0}) | {"key": jax.random.split(jax.random.key(2))}
    restored = restore(like, exp_manager.load_checkpoint()[1])
    assert jax.tree.structure(restored) == jax.tree.structure(tree())
    assert restored["agent"].activation is jnp.tanh
    assert all(same(one, other) for one, other in zip(jax.tree.leaves(restored), jax.tree.leaves(tree()), strict=True))


@pytest.mark.parametrize(
    ("like", "problem"),
    [
        ({"kernel": np.ones((3, 3)), "bias": np.ones(3)}, r"\['kernel'\] has the shape \(2, 3\) in the checkpoint"),
        ({"kernel": np.ones((2, 3)), "offset": np.ones(3)}, r"\['offset'\] is missing"),
        ({"kernel": np.ones((2, 3))}, "1 leaves that are not here"),
        ({"kernel": {"mean": np.ones((2, 3))}, "bias": np.ones(3)}, r"\['kernel'\]\['mean'\] is missing"),
        (np.ones(3), "the tree is a dict"),
    ],
)
def test_another_architecture_says_where_it_differs(
    like: Any, problem: str, begin: Callable[..., Path], save_at: Callable[..., str]
) -> None:
    begin("jax")
    save_at(3, tree())
    with pytest.raises(CheckpointError, match=problem):
        restore(like, exp_manager.load_checkpoint()[1]["params"]["dense"])


def test_a_buffer_that_is_given_away_after_the_call_was_copied(
    begin: Callable[..., Path], save_at: Callable[..., str]
) -> None:
    begin("jax")
    weights = jnp.zeros(1000)
    save_at(3, {"weights": weights}, background=True)
    jax.jit(lambda given: given + 1, donate_argnums=0)(weights)
    assert weights.is_deleted()
    assert exp_manager.load_checkpoint()[1]["weights"].sum() == 0


def test_numbers_of_64_bits_stay_whole(begin: Callable[..., Path], save_at: Callable[..., str]) -> None:
    begin("jax")
    jax.config.update("jax_enable_x64", True)
    try:
        save_at(3, {"time": jnp.array([2.0**40 + 1])})
    finally:
        jax.config.update("jax_enable_x64", False)
    loaded = exp_manager.load_checkpoint()[1]["time"]
    assert loaded.dtype == np.float64
    assert loaded.tolist() == [2.0**40 + 1]


def test_no_class_is_named_in_the_file_and_numpy_reads_it(
    begin: Callable[..., Path], save_at: Callable[..., str]
) -> None:
    begin("jax")
    path = save_at(3, tree())
    with zipfile.ZipFile(path) as archive:
        text = archive.read("content.json").decode()
    assert not {"Moments", "Agent", "tanh"} & set(text.split('"'))
    assert np.load(path)["array_0"].tolist() == [[0.0, 1.0, 2.0], [3.0, 4.0, 5.0]]


def test_a_program_of_optax_and_flax_goes_on_equally(begin: Callable[..., Path], save_at: Callable[..., str]) -> None:
    optax = pytest.importorskip("optax", reason="optax is not installed")
    linen = pytest.importorskip("flax.linen", reason="flax is not installed")
    train_state = pytest.importorskip("flax.training.train_state", reason="flax is not installed")
    begin("jax")
    network = linen.Dense(3)

    def new_state(seed: int) -> Any:
        params = network.init(jax.random.key(seed), jnp.ones((1, 2)))
        return train_state.TrainState.create(apply_fn=network.apply, params=params, tx=optax.adam(0.1))

    def train(state: Any) -> Any:
        slope = jax.grad(lambda params: (network.apply(params, jnp.ones((4, 2))) ** 2).sum())
        for _ in range(3):
            state = state.apply_gradients(grads=slope(state.params))
        return state

    state = train(new_state(0))
    save_at(3, {"state": state})
    expected = train(state)
    resumed = train(restore(new_state(1), exp_manager.load_checkpoint()[1]["state"]))
    assert jax.tree.structure(resumed.params) == jax.tree.structure(expected.params)
    assert all(np.array_equal(*pair) for pair in zip(jax.tree.leaves(resumed), jax.tree.leaves(expected), strict=True))
    assert resumed.step == 6


def test_a_leaf_that_cannot_be_saved_says_where_it_stands(
    begin: Callable[..., Path], save_at: Callable[..., str]
) -> None:
    folder = begin("jax")
    with pytest.raises(CheckpointError, match="'agent/0/0' is <function"):
        save_at(1, {"agent": Agent([lambda: None], jnp.tanh)})
    assert os.listdir(folder) == []
