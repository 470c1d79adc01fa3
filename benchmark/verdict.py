"""How often a verdict is wrong about two arms that are equal, and how often it finds one that is better.

    python benchmark/verdict.py [--studies 2000]

Scores are drawn from known distributions and judged as `rla verdict` judges them; nothing is read from a disk. With
2,000 studies a share is known to about 1 %.
"""

from __future__ import annotations

import argparse
from collections.abc import Callable, Mapping
from pathlib import Path

import numpy as np

from rla.plot.scored_runs import RunScore, RunScores
from rla.plot.scoring import Scoring
from rla.plot.verdicts import Verdict, judge

Draw = Callable[[np.random.Generator, int], "np.ndarray[tuple[int, ...], np.dtype[np.float64]]"]

KINDS: dict[str, tuple[Draw, Draw]] = {
    "normal": (lambda random, n: random.normal(0, 1, n), lambda random, n: random.normal(0, 1, n)),
    "one arm three times as wide": (lambda random, n: random.normal(0, 1, n), lambda random, n: random.normal(0, 3, n)),
    "skewed (log-normal)": (lambda random, n: random.lognormal(0, 1, n), lambda random, n: random.lognormal(0, 1, n)),
    "bimodal (70 % reach 1)": (
        lambda random, n: (random.random(n) < 0.7) + random.normal(0, 0.05, n),
        lambda random, n: (random.random(n) < 0.7) + random.normal(0, 0.05, n),
    ),
    "success or not (70 %)": (
        lambda random, n: (random.random(n) < 0.7).astype(np.float64),
        lambda random, n: (random.random(n) < 0.7).astype(np.float64),
    ),
}
RUNS = (3, 5, 10, 20)


def verdict_of(arms: Mapping[str, Mapping[str, np.ndarray]], study: str, pooled: bool = False) -> Verdict:  # type: ignore[type-arg]
    """Judge scores by arm and task."""
    runs = tuple(
        RunScore(arm, task, float(value), f"{study}{arm}{task}{seed}", f"{study}{arm}{task}{seed}", "", "finished", 1.0)
        for arm, tasks in arms.items()
        for task, values in tasks.items()
        for seed, value in enumerate(values)
    )
    tasks = tuple(arms["a"])
    scale = dict.fromkeys(tasks, (0.0, 1.0)) if pooled else None
    scores = RunScores("score", ("a", "b"), tasks, runs, (), {}, Scoring(), "time-step", scale, Path())
    return judge(scores, n_boot=2000)


def decided(
    kind: tuple[Draw, Draw], runs: int, studies: int, *, tasks: int = 1, shift: float = 0.0, pooled: bool = False
) -> float:
    """Return the share of studies in which an arm is said to be better or worse, on any task."""
    random = np.random.default_rng([runs, tasks])
    found = 0
    for study in range(studies):
        arms = {
            arm: {str(task): draw(random, runs) + shift * (arm == "a") for task in range(tasks)}
            for arm, draw in zip("ab", kind, strict=True)
        }
        found += verdict_of(arms, f"{study}/", pooled).answer not in ("undecided", "cannot say")
    return found / studies


def main() -> None:
    """Print the tables of docs/comparing.md."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--studies", type=int, default=2000)
    studies = parser.parse_args().studies
    print("Equal arms: how often one is said to be better")
    print(f"{'':34}" + "".join(f"{f'{runs} runs':>9}" for runs in RUNS))
    for name, kind in KINDS.items():
        print(f"{name:34}" + "".join(f"{decided(kind, runs, studies):9.3f}" for runs in RUNS), flush=True)
    normal = KINDS["normal"]
    for name, pooled in (("5 tasks, normal, on any of them", False), ("5 tasks, normal, pooled", True)):
        shares = [decided(normal, runs, studies // 2, tasks=5, pooled=pooled) for runs in RUNS]
        print(f"{name:34}" + "".join(f"{share:9.3f}" for share in shares), flush=True)
    print("\nArms that differ by so many standard deviations: how often that is found (one task, normal)")
    for shift in (0.5, 1.0, 2.0):
        shares = [decided(normal, runs, studies, shift=shift) for runs in RUNS]
        print(f"{shift:<34}" + "".join(f"{share:9.3f}" for share in shares), flush=True)


if __name__ == "__main__":
    main()
