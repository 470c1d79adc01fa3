"""Which file of a folder is the checkpoint that somebody asks for."""

from __future__ import annotations

from pathlib import Path
from typing import Literal

from rla.checkpoint.listing import SavedFile, list_checkpoints, saved_file
from rla.checkpoint.retention import Metrics, best_of
from rla.errors import CheckpointNotFoundError, did_you_mean

__all__ = ["candidates", "find"]


def candidates(folder: Path, name: str) -> list[tuple[str, SavedFile]]:
    """Return the checkpoints of a name, by time step."""
    found = [(file, saved_file(file)) for file in list_checkpoints(folder)]
    return [(file, saved) for file, saved in found if saved is not None and saved.name == name]


def find(folder: Path, step: int | Literal["best"] | None, name: str) -> tuple[Path, SavedFile]:
    """Return the path of a checkpoint, and what its name says.

    Args:
        folder: where it is.
        step: its time step; the highest there is when None, that of the best metric when ``"best"``.
        name: the name it was saved by.

    Raises:
        CheckpointNotFoundError: there is none; the message lists those there are.
    """
    found = candidates(folder, name)
    if step == "best" and found:
        return _find_best(folder, found)
    wanted = [(file, saved) for file, saved in found if step is None or saved.step == step]
    if wanted:
        file, newest = wanted[-1]
        return folder / file, newest
    if found:
        listed = ", ".join(str(saved.step) for _, saved in found)
        raise CheckpointNotFoundError(f"There is no checkpoint of step {step} in '{folder}'; there are: {listed}.")
    listed_files = list_checkpoints(folder)
    names = sorted({saved.name for file in listed_files if (saved := saved_file(file)) is not None})
    known = f" Names there: {', '.join(names)}.{did_you_mean(name, names)}" if names else ""
    if foreign := [file for file in listed_files if file.startswith(f"{name}_") and saved_file(file) is None]:
        known += f" Is {', '.join(foreign[-3:])} of a framework whose package is not installed?"
    raise CheckpointNotFoundError(f"There is no checkpoint '{name}' in '{folder}'.{known}")


def _find_best(folder: Path, found: list[tuple[str, SavedFile]]) -> tuple[Path, SavedFile]:
    metrics = Metrics(folder)
    best = best_of([file for file, _ in found], metrics.values, metrics.best)
    if best is None:
        raise CheckpointNotFoundError(
            f"No checkpoint in '{folder}' is known as the best: none was saved after new_saver(best='max') or "
            "new_saver(best='min') by save_checkpoint(…, metric=…). There are: "
            f"{', '.join(file for file, _ in found)}."
        )
    return folder / best, dict(found)[best]
