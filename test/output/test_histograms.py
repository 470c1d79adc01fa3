"""`logger.histogram` shows how often which values occur, in TensorBoard, whatever the values are of."""

from __future__ import annotations

import math
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from tensorboard.backend.event_processing.event_accumulator import EventAccumulator

from rla import logger

STEP = 1000


def shown(folder: Path, key: str) -> list[Any]:
    logger.close()
    return EventAccumulator(str(folder / "tb" / "events")).Reload().Histograms(key)


@pytest.fixture
def recording(folder: Path) -> Path:
    logger.configure(folder, ["tensorboard"])
    logger.set_time(STEP)
    return folder


def test_all_values_are_counted_between_the_smallest_and_the_largest(recording: Path) -> None:
    values = np.random.default_rng(0).normal(size=(50, 20))
    assert logger.histogram("weights/layer1", values) is None
    (event,) = shown(recording, "weights/layer1")
    found = event.histogram_value
    assert event.step == STEP
    assert (found.min, found.max, found.num) == (values.min(), values.max(), 1000)
    assert found.sum == pytest.approx(values.sum())
    assert found.sum_squares == pytest.approx(np.square(values).sum())
    assert sum(found.bucket) == 1000
    assert 30 <= len(found.bucket) <= 60


def test_each_bucket_has_the_values_below_its_limit(recording: Path) -> None:
    logger.histogram("a", np.arange(60_000))
    found = shown(recording, "a")[0].histogram_value
    below = np.cumsum(found.bucket)
    assert all(abs(limit - count) <= 1 for limit, count in zip(found.bucket_limit, below, strict=True))


@pytest.mark.parametrize(
    "values",
    [[1, 2, 3], (1.0, 2.0, 3.0), np.array([[1], [2], [3]], dtype=np.int8), np.array([1, 2, 3], dtype=np.float16)],
    ids=["list", "tuple", "integers", "halves"],
)
def test_values_come_in_many_kinds(recording: Path, values: Any) -> None:
    logger.histogram("a", values)
    found = shown(recording, "a")[0].histogram_value
    assert (found.min, found.max, found.num, found.sum, found.sum_squares) == (1, 3, 3, 6, 14)


@pytest.mark.parametrize("dtype", ["float32", "bfloat16", "int64"])
def test_tensors_of_torch_with_gradients_too(recording: Path, dtype: str) -> None:
    torch = pytest.importorskip("torch")
    tensor = torch.tensor([1, 2, 3], dtype=getattr(torch, dtype), requires_grad=dtype != "int64")
    logger.histogram("one", tensor)
    logger.histogram("several", [value for value in tensor])  # noqa: C416  # one tensor for each value
    accumulated = shown(recording, "one") + shown(recording, "several")
    assert [(each.histogram_value.num, each.histogram_value.sum) for each in accumulated] == [(3, 6), (3, 6)]


def test_bools_are_zeros_and_ones(recording: Path) -> None:
    logger.histogram("a", np.array([True, False, True]))
    found = shown(recording, "a")[0].histogram_value
    assert (found.min, found.max, found.num, found.sum) == (0, 1, 3, 2)


def test_nan_and_infinities_are_left_out(recording: Path, said: list[str]) -> None:
    logger.histogram("a", [1.0, math.nan, 3.0, math.inf, -math.inf])
    found = shown(recording, "a")[0].histogram_value
    assert (found.min, found.max, found.num, found.sum) == (1, 3, 2, 4)
    assert said == []


def test_values_of_which_none_is_finite_are_told_of_once_and_the_training_goes_on(
    recording: Path, said: list[str]
) -> None:
    for _ in range(3):
        logger.histogram("broken", [math.nan, math.inf])
    (warning,) = said
    assert "'broken' has no finite value" in warning


@pytest.mark.parametrize(
    "values",
    [[5.0], [5.0] * 10, [1.0, math.nextafter(1.0, 2)], [-1e308, 1e308], [5e-324, 0], [2**63, 1]],
    ids=["one", "equal", "neighbours", "far apart", "tiny", "large integers"],
)
def test_values_without_room_for_buckets_are_counted_all_the_same(recording: Path, values: list[float]) -> None:
    logger.histogram("a", values)
    found = shown(recording, "a")[0].histogram_value
    assert (found.num, sum(found.bucket)) == (len(values), len(values))
    assert (found.min, found.max) == (min(values), max(values))
