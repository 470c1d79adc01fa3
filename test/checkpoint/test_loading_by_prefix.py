"""`load_from_record_date(var_prefix=…)` loads what has a name that begins so, and nothing else."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from rla import ExperimentLoader, exp_manager
from rla.errors import CheckpointError

Begin = Callable[..., Path]
SaveAt = Callable[..., str]


def loaded(prefix: str | None) -> Any:
    """What a loader loads of the current experiment."""
    loader = ExperimentLoader()
    loader.config(
        exp_manager.task_table_name, exp_manager.record_date_to_str(exp_manager.record_date), exp_manager.data_root
    )
    step, content, _ = loader.load_from_record_date(var_prefix=prefix, verbose=False)
    assert step == 5
    return content


def names(content: dict[str, Any]) -> dict[str, Any]:
    return {key: names(value) if isinstance(value, dict) else None for key, value in content.items()}


@pytest.fixture
def two_nets(begin: Begin, save_at: SaveAt) -> None:
    """An experiment with two nets in its checkpoint."""
    begin("plain")
    net = {"encoder": {"weight": np.ones(2), "bias": np.zeros(2)}, "encoder_2": np.ones(1), "head": np.ones(1)}
    save_at(5, {"policy": net, "policy_old": np.ones(1), "value": {"head": np.ones(1), 7: 1}})


@pytest.mark.parametrize("prefix", [None, ""])
def test_without_a_prefix_all_is_loaded(two_nets: None, prefix: str | None) -> None:
    assert list(loaded(prefix)) == ["policy", "policy_old", "value"]


@pytest.mark.parametrize(
    ("prefix", "expected"),
    [
        ("value", {"value": {"head": None, 7: None}}),
        ("policy_", {"policy_old": None}),
        ("policy.head", {"policy": {"head": None}}),
        ("policy.encoder", {"policy": {"encoder": {"weight": None, "bias": None}, "encoder_2": None}}),
        ("policy.encoder.", {"policy": {"encoder": {"weight": None, "bias": None}}}),
        ("policy.encoder.w", {"policy": {"encoder": {"weight": None}}}),
        ("value.7", {"value": {7: None}}),
    ],
)
def test_names_that_begin_so_are_loaded(two_nets: None, prefix: str, expected: dict[str, Any]) -> None:
    assert names(loaded(prefix)) == expected


@pytest.mark.parametrize("prefix", ["encoder", "policies", "policy.encoder.weight.x", "value.head."])
def test_a_prefix_that_no_name_has_is_told_with_all_names(two_nets: None, prefix: str) -> None:
    with pytest.raises(CheckpointError, match=r"checkpoint_5\.npz.*there is: policy\.encoder\.weight, ") as refusal:
        loaded(prefix)
    assert str(refusal.value).endswith("policy_old, value.head, value.7.")


def test_of_many_names_some_are_told(begin: Begin, save_at: SaveAt) -> None:
    begin("plain")
    save_at(5, {f"layer_{number}": 0 for number in range(30)})
    with pytest.raises(CheckpointError, match=r"there is: layer_0, .*layer_7 and 22 more\.$"):
        loaded("head")


def test_a_checkpoint_that_holds_nothing_has_nothing(begin: Begin, save_at: SaveAt) -> None:
    begin("plain")
    save_at(5, {})
    assert loaded("policy") == {}


def test_a_part_of_a_state_dict_of_torch_loads_into_a_network(begin: Begin, save_at: SaveAt) -> None:
    torch = pytest.importorskip("torch")
    net, other = (torch.nn.Sequential(torch.nn.BatchNorm1d(2), torch.nn.Linear(2, 3)) for _ in range(2))
    begin("torch")
    save_at(5, {"net": net.state_dict(), "optimizer": torch.optim.Adam(net.parameters()).state_dict()})
    (state,) = loaded("net.0.").values()
    assert list(state) == [f"0.{key}" for key in net[0].state_dict()]
    assert state._metadata[""] == {"version": 1}  # kept: torch reads from it how old a layer is
    assert other.load_state_dict(state, strict=False).missing_keys == ["1.weight", "1.bias"]
    assert names(loaded("net.1")) == {"net": {"1.weight": None, "1.bias": None}}


def test_a_file_of_torch_that_has_no_names_says_so(begin: Begin) -> None:
    torch = pytest.importorskip("torch")
    torch.save(torch.ones(3), begin("torch") / "checkpoint-5.pt")
    with pytest.raises(CheckpointError, match="there is: one Tensor, without names"):
        loaded("net")


def test_a_tree_of_jax_has_names_like_a_dict(begin: Begin, save_at: SaveAt) -> None:
    jax = pytest.importorskip("jax", reason="JAX is not installed")
    begin("jax")
    save_at(5, {"params": {"dense": {"kernel": jax.numpy.ones(2)}, "head": jax.numpy.ones(2)}, "count": 3})
    assert names(loaded("params.dense")) == {"params": {"dense": {"kernel": None}}}


def test_only_those_variables_of_a_session_of_tensorflow_change(begin: Begin, save_at: SaveAt) -> None:
    tf = pytest.importorskip("tensorflow.compat.v1", reason="TensorFlow is not installed")
    begin("tensorflow")
    with tf.Graph().as_default(), tf.Session() as session:
        variables = [tf.get_variable(name, [], initializer=tf.ones_initializer()) for name in ("policy/w", "value/w")]
        session.run(tf.global_variables_initializer())
        save_at(5, {"epoch": 3})
        session.run([tf.assign(variable, 9.0) for variable in variables])
        assert loaded("policy/") == {"policy/w": 1.0}
        assert session.run(variables) == [1.0, 9.0]
        with pytest.raises(CheckpointError, match=r"there is: epoch, policy/w, value/w\."):
            loaded("critic")
        assert loaded(None) == {"epoch": 3, "policy/w": 1.0, "value/w": 1.0}
        assert session.run(variables) == [1.0, 1.0]


def test_objects_of_tensorflow_have_the_names_that_they_were_saved_by(begin: Begin, save_at: SaveAt) -> None:
    tf = pytest.importorskip("tensorflow", reason="TensorFlow is not installed")
    begin("tensorflow")
    save_at(5, {"policy": tf.Module(), "value": tf.Module(), "epoch": 3})
    assert list(loaded("val")) == ["value"]
