"""Runs with curves that are known, and no window that opens; all figures are closed after each test."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any

import pytest


@pytest.fixture(autouse=True)
def closed_figures(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    import matplotlib
    import matplotlib.pyplot as plt

    backend = matplotlib.get_backend()
    plt.switch_backend("agg")
    yield
    plt.close("all")
    plt.switch_backend(backend)


@pytest.fixture
def run(experiment: Callable[..., Path]) -> Callable[..., Path]:
    """Write a run: ``run([0, 1, 2], {"return": [1, 2, 3]}, lr=0.1)``; returns its log folder. An empty text is a gap.

    ``time-step`` is x. Runs get a second each of 2026/11/20, in the order in which they are written.
    """
    number = iter(range(10_000))

    def write(x: Sequence[Any], metrics: dict[str, Sequence[Any]], task: str = "demo", **parameters: Any) -> Path:
        lines = zip(*metrics.values(), x, strict=True)
        rows = "\n".join([",".join([*metrics, "time-step"]), *(",".join(map(str, line)) for line in lines)]) + "\n"
        minute, second = divmod(next(number), 60)
        return experiment(f"13-{minute:02d}-{second:02d}-000001", task=task, rows=rows, **parameters)

    return write


@pytest.fixture
def six_runs(run: Callable[..., Path], data_root: Path) -> Path:
    """A data root of two learning rates with three seeds each; the last returns are 10, 11, 12 and 20, 21, 22."""
    for lr, level in ((0.1, 10), (0.01, 20)):
        for seed in range(3):
            loss = [3 - seed, 2, ""] if lr == 0.1 else [1, 1, 1]
            run([0, 50, 100], {"eval/return": [0, seed, level + seed], "loss": loss}, lr=lr, seed=seed, info="a")
    return data_root


def legend_texts() -> list[str]:
    """Return what the legends of the current figure show, those of the figure itself included."""
    import matplotlib.pyplot as plt

    figure = plt.gcf()
    of_axes = [axes.get_legend() for axes in figure.axes]
    legends = [*figure.legends, *(legend for legend in of_axes if legend is not None)]
    return [text.get_text() for legend in legends for text in legend.get_texts()]


@pytest.fixture
def legends() -> Callable[[], list[str]]:
    """Tell what the legends of the current figure show: ``legends()``."""
    return legend_texts
