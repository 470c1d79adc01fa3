"""How often intervals of 95 % hold the truth: seeds are drawn from known distributions, over and over.

    python benchmark/coverage.py [repetitions]

The first table is that of docs/statistics.md. An interval that keeps its promise shows .95. With 2,000 repetitions a
figure is known to about .01 (two standard errors where it is .95; .02 where it is .65).
"""

from __future__ import annotations

import sys
from collections.abc import Callable

import numpy as np

from rla.plot import compare, estimate

DRAWS = 1000
BATCH = 100
"""So many repetitions share their draws of a bootstrap; each batch has draws of its own."""

SUCCESS, SPREAD = 0.7, 0.1
"""Bimodal seeds: so many succeed (score 1), the others fail (score 0), both give or take a little."""

Draw = Callable[[np.random.Generator, tuple[int, ...]], "np.ndarray[tuple[int, ...], np.dtype[np.float64]]"]


def normal(random: np.random.Generator, shape: tuple[int, ...]) -> np.ndarray:
    """Draw scores around 0."""
    return random.normal(size=shape)


def bimodal(random: np.random.Generator, shape: tuple[int, ...]) -> np.ndarray:
    """Draw scores of runs that succeed or fail."""
    return (random.random(shape) < SUCCESS) + SPREAD * random.normal(size=shape)


MIDDLE = np.sort(bimodal(np.random.default_rng(1), (4_000_000,)))[1_000_000:3_000_000].mean()
TRUTH = {(normal, "mean"): 0.0, (normal, "iqm"): 0.0, (bimodal, "mean"): SUCCESS, (bimodal, "iqm"): float(MIDDLE)}
"""The interquartile mean of the bimodal distribution has no short formula; it is that of four million draws."""

COLUMNS: dict[str, tuple[Draw, str, str]] = {
    "boot mean": (normal, "mean", "ci"),
    "boot IQM": (normal, "iqm", "ci"),
    "t": (normal, "mean", "t"),
    "± 1 SE": (normal, "mean", "sem"),
    "boot, bim.": (bimodal, "mean", "ci"),
    "t, bim.": (bimodal, "mean", "t"),
    "bca mean": (normal, "mean", "bca"),
    "t IQM": (normal, "iqm", "t"),
    "IQM, bim.": (bimodal, "iqm", "ci"),
}
RULE_BOOK = {
    3: (0.74, 0.75, 0.95, 0.58, 0.65, 0.71),
    5: (0.83, 0.89, 0.95, 0.62, 0.80, 0.81),
    10: (0.90, 0.93, 0.95, 0.65, 0.92, 0.95),
    20: (0.92, 0.95, 0.95, 0.66, 0.93, 0.94),
    30: (0.93, 0.95, 0.95, 0.67, 0.94, 0.95),
}
"""The first six columns as they were simulated before this library was written."""


def coverage(draw: Draw, estimator: str, band: str, seeds: int, tasks: int, repetitions: int) -> float:
    """Return how often the interval holds the truth; a repetition is a point of a curve here."""
    random = np.random.default_rng([seeds, tasks])
    truth, held = TRUTH[draw, estimator], 0
    for batch in range(repetitions // BATCH):
        scores = draw(random, (seeds, tasks, BATCH))
        found = estimate(scores, estimator, band, n_boot=DRAWS, runs=[f"{seeds} {batch}"])
        held += int(np.count_nonzero((found.low <= truth) & (truth <= found.high)))
    return held / (repetitions // BATCH * BATCH)


def false_findings(band: str, seeds: int, repetitions: int) -> float:
    """Return how often two arms that do not differ are said to differ."""
    random = np.random.default_rng(seeds)
    wrong = 0
    for number in range(repetitions):
        x, y = random.normal(size=(2, seeds))
        wrong += compare(x, y, band=band, n_boot=DRAWS, runs=([f"x{number}"], [f"y{number}"])).decided
    return wrong / repetitions


def main() -> None:
    """Print the tables."""
    repetitions = int(sys.argv[1]) if len(sys.argv) > 1 else 2000
    print(f"coverage of 95 % intervals, {repetitions:,} repetitions, {DRAWS:,} draws (in brackets: the rule book)")
    print("seeds " + "".join(f"{name:>12}" for name in COLUMNS))
    far = 0.0
    for seeds, expected in RULE_BOOK.items():
        shares = [coverage(*way, seeds, 1, repetitions) for way in COLUMNS.values()]
        known = [f" ({value:.2f})"[:7] for value in expected] + [""] * (len(shares) - len(expected))
        print(f"{seeds:5} " + "".join(f"{f'{share:.2f}{told}':>12}" for share, told in zip(shares, known, strict=True)))
        far = max(far, *(abs(share - value) for share, value in zip(shares, expected, strict=False)))
    print(f"farthest from the rule book: {far:.3f}\n")
    print("10 tasks, normal: bootstrap within tasks")
    for seeds in (2, 3, 5, 10):
        shares = [coverage(normal, estimator, "ci", seeds, 10, repetitions) for estimator in ("mean", "iqm")]
        print(f"{seeds:5} " + "".join(f"{share:12.2f}" for share in shares))
    print("\ntwo equal arms, IQM: how often they are said to differ (bootstrap, t)")
    for seeds in (3, 5, 10, 20):
        shares = [false_findings(band, seeds, repetitions // 2) for band in ("ci", "t")]
        print(f"{seeds:5} " + "".join(f"{share:12.2f}" for share in shares))


if __name__ == "__main__":
    main()
