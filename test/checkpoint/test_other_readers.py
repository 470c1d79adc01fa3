"""A checkpoint of torch is what `torch.save` writes: any other reader gets exactly the content."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

torch = pytest.importorskip("torch")


def test_torch_load_gives_exactly_the_content(begin: Callable[..., Path], save_at: Callable[..., str]) -> None:
    begin("torch")
    layer = torch.nn.Linear(2, 3)
    path = save_at(4, {"policy": layer.state_dict(), "epoch": 4})
    content = torch.load(path, weights_only=True)
    assert list(content) == ["policy", "epoch"]
    assert content["epoch"] == 4
    torch.nn.Linear(2, 3).load_state_dict(content["policy"])
    assert torch.equal(content["policy"]["weight"], layer.weight)


def test_a_lazy_reader_maps_the_file(begin: Callable[..., Path], save_at: Callable[..., str]) -> None:
    begin("torch")
    path = save_at(4, {"w": torch.arange(1000)})
    assert torch.equal(torch.load(path, mmap=True, weights_only=True)["w"], torch.arange(1000))
