"""Where a run goes on: at a checkpoint that lies on its way to where it stands, or at its last row."""

from __future__ import annotations

import math
import os
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from rla.checkpoint.listing import list_checkpoints, saved_file
from rla.database.record import ExperimentRecord
from rla.errors import CheckpointNotFoundError, QueryError, did_you_mean
from rla.names import CHECKPOINT, TIME_STEP
from rla.output.last_values import last_values
from rla.output.resumes import is_resumed, leads_here, resumes_of
from rla.output.values import as_value

__all__ = ["ResumePoint", "last_checkpoint", "last_step_saved", "resume_point"]

Step = int | float


@dataclass(frozen=True)
class ResumePoint:
    """Where a run goes on.

    Attributes:
        step: the time step.
        checkpoint: the file of the checkpoint of that step; None where there is none.
        saved_at: when that was written, in seconds since 1970.
        left_behind: whether the run went on from an earlier step since.
    """

    step: Step
    checkpoint: str | None = None
    saved_at: float | None = None
    left_behind: bool = False


def resume_point(record: ExperimentRecord, at: str | Step = "last") -> ResumePoint:
    """Return where a run goes on.

    Args:
        record: the run.
        at: ``"last"``, the last checkpoint, or the last row where there is none; a time step; the file of a checkpoint
            (``"policy_3000.pt"``, also one that was left behind), or the name of a series of them (``"policy"``), of
            which the last one counts.

    Raises:
        QueryError: the run has not come as far, or has no such checkpoint; the message lists those there are.
    """
    every = sorted(_checkpoints(record.log_dir, record.place.path(CHECKPOINT)), key=_by_step)
    points = [point for point in every if not point.left_behind]
    if isinstance(number := as_value(at), (int, float)) and not isinstance(at, bool):
        return _at_step(record, number, points)
    if at != "last":
        wanted = os.path.basename(str(at))
        # a file that was left behind is meant when it is named: the run goes back to that past of its
        points = [each for each in every if each.checkpoint == wanted or (each in points and _name_of(each) == at)]
        if not points:
            names = [
                *(str(point.checkpoint) for point in every),
                *(_name_of(each) for each in every if not each.left_behind),
            ]
            files = ", ".join(f"{each.checkpoint}{' (left behind)' * each.left_behind}" for each in every)
            raise QueryError(
                f"The run '{record.name}' has no checkpoint '{at}' to go on from.{did_you_mean(wanted, names)} "
                f"Those there are: {files or 'none'}."
            )
    if points:
        return points[-1]
    return ResumePoint(_furthest(record))


def _at_step(record: ExperimentRecord, step: Step, points: list[ResumePoint]) -> ResumePoint:
    """Return where a run goes on that shall do so at a time step.

    Raises:
        QueryError: it has not come as far.
    """
    furthest = max([_furthest(record), *(point.step for point in points)])
    if not 0 <= step <= furthest:
        steps = ", ".join(str(each) for each in sorted({point.step for point in points}))
        raise QueryError(
            f"The run '{record.name}' cannot go on at step {step}; it has come to step {furthest}. "
            f"Checkpoints are at: {steps or 'no step'}."
        )
    return next((point for point in reversed(points) if point.step == step), ResumePoint(step))


def _furthest(record: ExperimentRecord) -> Step:
    reached = last_values(record.log_dir).get(TIME_STEP)
    return reached if isinstance(reached, (int, float)) and math.isfinite(reached) else 0


def last_step_saved(log_dir: Path, checkpoint_dir: Path, name: str) -> int | None:
    """Return the step of the last checkpoint of a name that was not left behind by a resume.

    None where there is none of the name, and where the run was never resumed: there, the highest step is the last one.

    Raises:
        CheckpointNotFoundError: all of that name were left behind.
    """
    if not is_resumed(log_dir):
        return None
    every = [point for point in _checkpoints(log_dir, checkpoint_dir) if _name_of(point) == name]
    points = [point for point in every if not point.left_behind]
    if every and not points:
        left = ", ".join(str(point.step) for point in every)
        raise CheckpointNotFoundError(
            f"The run went back behind all checkpoints '{name}' of '{checkpoint_dir}', which are of other steps: "
            f"{left}. Give one of these to load what was left behind."
        )
    return max((int(point.step) for point in points), default=None)


def last_checkpoint(log_dir: Path, checkpoint_dir: Path) -> str | None:
    """Return the file of the last checkpoint that was not left behind by a resume; None where there is none."""
    points = [point for point in _checkpoints(log_dir, checkpoint_dir) if not point.left_behind]
    return max(points, key=_by_step).checkpoint if points else None


def _checkpoints(log_dir: Path, checkpoint_dir: Path) -> Iterator[ResumePoint]:
    """Yield the checkpoints of a run."""
    resumes = resumes_of(log_dir)
    for file in list_checkpoints(checkpoint_dir):
        saved = saved_file(file)
        try:
            modified = os.stat(checkpoint_dir / file).st_mtime
        except OSError:  # it has gone meanwhile
            continue
        if saved is not None:
            yield ResumePoint(saved.step, file, modified, not leads_here(resumes, saved.step, modified))


def _by_step(point: ResumePoint) -> tuple[Step, float]:
    return point.step, point.saved_at or 0.0


def _name_of(point: ResumePoint) -> str:
    saved = saved_file(point.checkpoint or "")
    return saved.name if saved else ""
