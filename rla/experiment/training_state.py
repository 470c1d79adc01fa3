"""The whole state of a training in one call: what learns, what draws random numbers, what the record remembers."""

from __future__ import annotations

import contextlib
import math
import os
import secrets
from abc import abstractmethod
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final

from rla import files
from rla.clock import TimeStepHolder
from rla.database.run_card import FINISHED
from rla.errors import CheckpointError, CheckpointNotFoundError, did_you_mean
from rla.experiment.checkpoints import CheckpointSaving
from rla.names import CHECKPOINT, TMP_DATA

__all__ = ["TrainingState"]

STATE: Final = "state"
"""The name of the checkpoints that hold a whole state."""

_BUFFER: Final = "replay_buffer"
_SCHEMA: Final = 1
_LISTED: Final = 8


class TrainingState(CheckpointSaving):
    """Saves and loads the whole state of a training."""

    time_step_holder: TimeStepHolder

    def __init__(self) -> None:
        super().__init__()
        self._told: set[str] = set()

    @abstractmethod
    def finish(self, status: str = FINISHED, reason: str | None = None) -> None:
        """End the experiment."""

    def save_state(self, *, replay_buffer: Any = None, **parts: Any) -> str:
        """Save all that the training needs to go on as if nothing had happened, as a checkpoint named ``state``.

            exp_manager.save_state(policy=policy, optimizer=optimizer, env=env, replay_buffer=buffer, epsilon=0.1)

        Kept besides: the time step, the global generators of Python, numpy and torch (graphics cards included), moving
        averages and ``freq`` of the logger. What of an object can be taken, `rla.checkpoint.states.objects` says.

        Args:
            replay_buffer: an object that is large; it is kept once, in the experiment's folder of ``tmp_data``, so only
                the newest state has it.
            parts: objects (networks, optimizers, schedulers, environments, normalizers, generators) whose state is
                taken, and plain values, by name.

        Returns:
            The path of the checkpoint.

        Raises:
            NotConfiguredError: there is no experiment yet.
            CheckpointError: it could not be written; all earlier ones are still there.
        """
        from rla.checkpoint.states.objects import take_state, taken_value
        from rla.checkpoint.states.random_numbers import take_global_generators
        from rla.output.row_state import take_row_state

        self._check_step()
        objects: dict[str, Any] = {}
        values: dict[str, Any] = {}
        left_out: list[str] = []
        for name, part in parts.items():
            try:
                value = taken_value(part)
                if value is not None:
                    values[name] = value[0]
                    continue
                objects[name], missing = take_state(part)
            except CheckpointError as error:
                raise CheckpointError(f"The state was not saved: of '{name}', {error}.") from error
            left_out += [f"{name}{each}" if each.startswith("[") else f"{name}: {each}" for each in missing]
        self._tell_left_out(left_out)
        buffer = self._save_buffer(replay_buffer)
        content = {
            "schema": _SCHEMA,
            "step": self.logger.now(),
            "epoch": self.time_step_holder.epoch,
            "objects": objects,
            "values": values,
            "random": take_global_generators(),
            "recording": take_row_state(self.logger),
            "replay_buffer": buffer and buffer.name,
        }
        try:
            path = self.save_checkpoint(content, checkpoint_name=STATE)
        except BaseException:
            if buffer is not None:
                self._remove_unused_buffer(buffer)
            raise
        if buffer is not None:
            self._remove_older_buffers(buffer)
        return path

    def load_state(self, at: int | str | None = None, *, replay_buffer: Any = None, **parts: Any) -> dict[str, Any]:
        """Give objects the state that `save_state` kept, in place, and return the plain values.

            values = exp_manager.load_state(policy=policy, optimizer=optimizer, env=env, replay_buffer=buffer)

        The time step, the global generators and the logger go on from that moment, too.

        Args:
            at: the time step of the state; that of the last one when None.
            replay_buffer: the object that gets the content of the replay buffer; None leaves it where it is.
            parts: the objects, by the names that they were saved by. Not all are needed.

        Returns:
            The plain values that were saved, by name.

        Raises:
            CheckpointNotFoundError: there is no such state, or its replay buffer is gone.
            CheckpointError: it is damaged, or does not fit an object: the message names both.
        """
        from rla.checkpoint.states.random_numbers import give_global_generators
        from rla.checkpoint.states.values import decoded
        from rla.output.row_state import give_row_state

        step, content = self.load_checkpoint(at, STATE)
        where = f"the state of step {step} in '{self._loaded_from(CHECKPOINT)}'"
        if not isinstance(content, Mapping) or content.get("schema") != _SCHEMA:
            raise CheckpointError(f"{where} was not written by save_state() of this version of rla.")
        _check_names(parts, content, where)
        buffer = self._load_buffer(content["replay_buffer"], where) if replay_buffer is not None else None
        for name, part in parts.items():
            _give(part, content["objects"][name], name, where)
        if buffer is not None:
            _give(replay_buffer, buffer, _BUFFER, where)
        values = {name: decoded(value) for name, value in content["values"].items()}
        self.time_step_holder.set_time(content["step"])
        self.time_step_holder.epoch = content["epoch"]
        give_row_state(self.logger, content["recording"])
        left_out = give_global_generators(content["random"])  # last: nothing above draws from them then
        self._tell_left_out(left_out)
        return values

    def forget_saver(self) -> None:
        super().forget_saver()
        self._told.clear()

    def _check_step(self) -> None:
        if not math.isfinite(now := self.logger.now()):
            raise CheckpointError(f"The time step is {now}; a state needs a number. See time_step_holder.set_time().")

    def _tell_left_out(self, left_out: list[str]) -> None:
        """Say what a state lacks, each once in a run."""
        new = [each for each in dict.fromkeys(left_out) if each not in self._told]
        self._told.update(new)
        if new:
            more = f" and {len(new) - _LISTED} more" if len(new) > _LISTED else ""
            self.logger.warn_visibly(f"the state of the training lacks: {', '.join(new[:_LISTED])}{more}")

    # ---- the replay buffer ------------------------------------------------------------------------------------------

    def _save_buffer(self, buffer: Any) -> Path | None:
        """Write the replay buffer beside the one that an earlier state needs until this one is safe.

        Its name is one of its own, so that a state never finds the buffer of another one of the same step.
        """
        if buffer is None:
            return None
        from rla.checkpoint.folder import CheckpointFolder
        from rla.checkpoint.registry import saver_for
        from rla.checkpoint.states.objects import take_state

        folder = self._saved_to("save_state()", TMP_DATA)
        assert self.settings is not None  # there is a run
        state, left_out = take_state(buffer)
        self._tell_left_out([f"{_BUFFER}: {each}" for each in left_out])
        saver = CheckpointFolder(folder, saver_for(self.settings.framework), None)
        return saver.save(state, int(self.logger.now()), f"{_BUFFER}-{secrets.token_hex(4)}", rotate=False)

    def _remove_unused_buffer(self, unused: Path) -> None:
        """Remove a buffer whose state could not be saved: it takes the room that the next one needs."""
        with contextlib.suppress(OSError):
            files.remove(unused)

    def _remove_older_buffers(self, newest: Path) -> None:
        from rla.checkpoint.listing import list_checkpoints, saved_file

        for name in list_checkpoints(newest.parent):
            saved = saved_file(name)
            if saved is not None and saved.name.startswith(f"{_BUFFER}-") and name != newest.name:
                with contextlib.suppress(OSError):  # it is tried again after the next one
                    files.remove(newest.parent / name)

    def _load_buffer(self, name: str | None, where: str) -> Any:
        from rla.checkpoint.folder import load_checkpoint
        from rla.checkpoint.listing import saved_file

        if name is None:
            raise CheckpointNotFoundError(f"{where} was saved without a replay buffer; leave replay_buffer out.")
        path = self._loaded_from(TMP_DATA) / os.path.basename(name)
        saved = saved_file(path.name)
        if saved is None or not os.path.exists(path):
            raise CheckpointNotFoundError(
                f"{where} needs '{path}', which is gone: only the newest state keeps its replay buffer. Load that one, "
                "or leave replay_buffer out and go on with an empty one."
            )
        return load_checkpoint(path.parent, saved.step, saved.name)[1]


def _check_names(parts: Mapping[str, Any], content: Mapping[str, Any], where: str) -> None:
    """Refuse objects of which a state knows nothing.

    Raises:
        CheckpointError: there is one; the message says what the state has.
    """
    for name in sorted(parts.keys() - content["objects"].keys()):
        if name in content["values"]:
            raise CheckpointError(f"{where} has '{name}' as a plain value: it is in what load_state() returns.")
        known = sorted(content["objects"])
        raise CheckpointError(
            f"{where} has no '{name}'.{did_you_mean(name, known)} Objects in it: {', '.join(known) or 'none'}."
        )


def _give(part: Any, state: Mapping[str, Any], name: str, where: str) -> None:
    """Give an object its state.

    Raises:
        CheckpointError: it is not that of such an object.
    """
    from rla.checkpoint.states.giving import give_state

    try:
        given = give_state(part, state, name)
    except CheckpointError as error:
        raise CheckpointError(f"{error} ({where})") from error
    if given is not part and not isinstance(part, tuple):
        raise CheckpointError(
            f"The state of '{name}' is a {type(given).__name__} that cannot be given to the {type(part).__name__} in "
            f"place: give one of the same kind and length. ({where})"
        )
