"""Old names of the logger: those of OpenAI baselines, which the original RLA took over."""

from __future__ import annotations

from collections.abc import Mapping, MutableMapping, Sequence
from typing import Any

from rla import logger, timers
from rla.output.logger import Logger
from rla.output.open_row import Exclude

__all__ = ["attach"]


def logkvs(d: Mapping[str, Any], prefix: str = "", exclude: Exclude = None) -> None:
    """Set several values of the open row."""
    logger.record_all(d, prefix, exclude)


def log_key_value(keys: Sequence[str], values: Sequence[Any], prefix_name: str = "") -> None:
    """Set several values of the open row, given as two lists of equal length."""
    logger.record_all(dict(zip(keys, values, strict=True)), prefix_name)


def getkvs() -> MutableMapping[str, Any]:
    """Return the open row."""
    return logger.name_to_value


def attach() -> None:
    """Put old names into `rla.logger`, on `Logger`, and beside the timers."""
    vars(logger).update(
        logkv=logger.record_tabular,
        logkv_mean=logger.record_mean,
        dumpkvs=logger.dump_tabular,
        logkvs=logkvs,
        log_key_value=log_key_value,
        getkvs=getkvs,
        get_time=logger.timestep,
    )
    for old, new in {"logkv": "record_tabular", "logkv_mean": "record_mean", "dumpkvs": "dump_tabular"}.items():
        setattr(Logger, old, getattr(Logger, new))
    vars(timers)["rc_start_time"] = timers.running
