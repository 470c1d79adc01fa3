"""Both savers of ours keep the contract that those of other packages inherit."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

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
