"""All savers of ours keep the contract that those of other packages inherit."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from rla.checkpoint.base import FolderSaver
from rla.checkpoint.jax import JaxSaver
from rla.checkpoint.plain import PlainSaver
from rla.testing.checkpoint import CheckpointContract


class TestPlainSaver(CheckpointContract):
    @pytest.fixture
    def saver(self) -> PlainSaver:
        return PlainSaver()

    @pytest.fixture
    def content(self) -> dict[str, Any]:
        return {
            "tuple": (1, (2.5, [np.arange(3)])),
            "a/b~c": {"text": np.array(["é", "bc"]), "flags": np.array([True, False])},
            "empty": np.zeros((0, 3)),
            7: {"set": {1, 2}, "bytes": b"\x00\xff"},
        }


class TestTorchSaver(CheckpointContract):
    @pytest.fixture
    def saver(self) -> Any:
        pytest.importorskip("torch")
        from rla.checkpoint.torch import TorchSaver

        return TorchSaver()

    @pytest.fixture
    def content(self) -> dict[str, Any]:
        torch = pytest.importorskip("torch")
        torch.manual_seed(0)
        policy = torch.nn.Sequential(torch.nn.Linear(3, 4), torch.nn.Tanh(), torch.nn.Linear(4, 2))
        optimizer = torch.optim.Adam(policy.parameters())
        policy(torch.ones(3)).sum().backward()
        optimizer.step()
        return {
            "policy": policy.state_dict(),
            "optimizer": optimizer.state_dict(),
            "normalizer": {"mean": np.zeros(3), "count": np.int64(4), "std": np.float32(0.5)},
            "names": ["a", "b"],
        }

    def assert_equal(self, one: Any, other: Any) -> None:
        torch = pytest.importorskip("torch")
        if isinstance(other, torch.Tensor):
            assert torch.equal(one, other)
        else:
            super().assert_equal(one, other)


class TestJaxSaverWithoutJax(CheckpointContract):
    @pytest.fixture
    def saver(self) -> JaxSaver:
        return JaxSaver()


class TestJaxSaver(CheckpointContract):
    @pytest.fixture
    def saver(self) -> JaxSaver:
        return JaxSaver()

    @pytest.fixture
    def content(self) -> dict[str, Any]:
        jax = pytest.importorskip("jax", reason="JAX is not installed")
        return {
            "params": {"dense": {"kernel": jax.numpy.ones((3, 4)), "bias": jax.numpy.zeros(4, jax.numpy.bfloat16)}},
            "count": jax.numpy.int32(7),
            "key": jax.random.key(3),
            "old key": jax.random.PRNGKey(3),
            "statistics": np.arange(3.0),
            "empty": (None, [], jax.numpy.zeros((0, 2))),
        }

    def assert_equal(self, one: Any, other: Any) -> None:
        jax = pytest.importorskip("jax", reason="JAX is not installed")
        if not isinstance(other, jax.Array):
            super().assert_equal(one, other)
            return
        assert isinstance(one, jax.Array)
        assert one.dtype == other.dtype
        if jax.numpy.issubdtype(other.dtype, jax.dtypes.prng_key):
            one, other = jax.random.key_data(one), jax.random.key_data(other)
        assert np.array_equal(one, other)


class TestTensorflowSaver(CheckpointContract):
    @pytest.fixture
    def saver(self) -> Any:
        pytest.importorskip("tensorflow", reason="TensorFlow is not installed")
        from rla.checkpoint.tensorflow import TensorflowSaver

        return TensorflowSaver()


class TestSaverOfSeveralFiles(CheckpointContract):
    @pytest.fixture
    def saver(self, two_files: FolderSaver) -> FolderSaver:
        return two_files
