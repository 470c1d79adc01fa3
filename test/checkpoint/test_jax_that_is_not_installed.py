"""Files of JAX are loaded without JAX, as arrays of numpy; what they say is data, whoever wrote them."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from rla import exp_manager
from rla.checkpoint import jax as saver
from rla.checkpoint.jax import JaxSaver
from rla.checkpoint.plain import ArrayOfKind, write_plain
from rla.errors import CheckpointError, MissingPackageError


@pytest.fixture
def without_jax(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Take JAX away, where it is installed."""
    monkeypatch.setitem(sys.modules, "jax", None)
    saver._installed_jax.cache_clear()
    yield
    saver._installed_jax.cache_clear()


def written(folder: Path, **content: Any) -> str:
    """Write a file as a program with JAX does."""
    path = folder / "checkpoint_3.jax"
    with open(path, "wb") as stream:
        write_plain(content, stream)
    return str(path)


@pytest.mark.usefixtures("without_jax")
def test_arrays_are_those_of_numpy(begin: Callable[..., Path]) -> None:
    folder = begin("jax")
    written(
        folder,
        params={"kernel": ArrayOfKind(np.ones((2, 3), np.float32), {})},
        count=ArrayOfKind(np.array(7, np.int32), {}),
        key=ArrayOfKind(np.array([0, 3], np.uint32), {"key": "threefry2x32"}),
    )
    step, content = exp_manager.load_checkpoint()
    assert step == 3
    assert type(content["params"]["kernel"]) is np.ndarray
    assert (content["count"].dtype, content["count"].shape, int(content["count"])) == (np.int32, (), 7)
    assert content["key"].tolist() == [0, 3]


@pytest.mark.usefixtures("without_jax")
def test_a_program_of_numpy_saves_and_loads(begin: Callable[..., Path], save_at: Callable[..., str]) -> None:
    begin("jax")
    save_at(5, {"weights": np.arange(3.0), "layers": [(1, None)]}, background=True)
    step, content = exp_manager.load_checkpoint()
    assert (step, content["weights"].tolist(), content["layers"]) == (5, [0.0, 1.0, 2.0], [(1, None)])


@pytest.mark.usefixtures("without_jax")
def test_numbers_that_numpy_does_not_know_need_the_package_that_does(
    begin: Callable[..., Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = begin("jax")
    written(folder, bias=ArrayOfKind(np.array([0x3F80], np.uint16), {"dtype": "bfloat16"}))
    monkeypatch.setitem(sys.modules, "ml_dtypes", None)
    with pytest.raises(MissingPackageError, match=r"ml_dtypes.*RLA\[jax\]"):
        exp_manager.load_checkpoint()


@pytest.mark.parametrize("kind", [{"dtype": "finfo"}, {"dtype": "no_such"}, {"dtype": "__file__"}, {"dtype": 3}])
def test_a_kind_of_a_foreign_hand_makes_nothing(kind: dict[str, Any], begin: Callable[..., Path]) -> None:
    pytest.importorskip("ml_dtypes")
    folder = begin("jax")
    written(folder, bias=ArrayOfKind(np.array([1], np.uint16), kind))
    with pytest.raises(CheckpointError, match="cannot be loaded"):
        exp_manager.load_checkpoint()
    with pytest.raises(Exception):  # noqa: B017, PT011
        JaxSaver().read(str(folder / "checkpoint_3.jax"), trust=True)
