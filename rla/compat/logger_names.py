"""Old names of the logger: those of OpenAI baselines, which the original RLA took over."""

from __future__ import annotations

import importlib
from collections.abc import Mapping, MutableMapping, Sequence
from typing import Any, Final

from rla import logger, timers
from rla.compat import logger_objects
from rla.output.logger import Logger, process_logger
from rla.output.open_row import Exclude

__all__ = ["attach"]

_LOADED_ON_FIRST_USE: Final = {
    **dict.fromkeys(("KVWriter", "SeqWriter", "HumanOutputFormat", "JSONOutputFormat"), "rla.compat.output_formats"),
    **dict.fromkeys(("CSVOutputFormat", "TensorBoardOutputFormat"), "rla.compat.output_formats"),
    "make_output_format": "rla.compat.output_formats",
    **dict.fromkeys(("ProfileKV", "profile"), "rla.compat.profiling"),
    **dict.fromkeys(("summary_val", "valid_float_value"), "rla.compat.summaries"),
}


def logkvs(d: Mapping[str, Any], prefix: str = "", exclude: Exclude = None) -> None:
    """Set several values of the open row."""
    logger.record_all(d, prefix, exclude)


def log_key_value(keys: Sequence[str], values: Sequence[Any], prefix_name: str = "") -> None:
    """Set several values of the open row, given as two lists of equal length."""
    logger.record_all(dict(zip(keys, values, strict=True)), prefix_name)


def getkvs() -> MutableMapping[str, Any]:
    """Return the open row."""
    return logger.name_to_value


def set_comm(comm: object) -> None:
    """Do nothing: of a distributed training rank 0 records its own values; they are not averaged over ranks."""


def _load(name: str) -> Any:
    """Return an old name of `rla.logger` that few scripts need."""
    module = _LOADED_ON_FIRST_USE.get(name)
    if module is None:
        raise AttributeError(f"module 'rla.logger' has no attribute {name!r}")
    value = vars(logger)[name] = getattr(importlib.import_module(module), name)
    return value


def attach() -> None:
    """Put old names into `rla.logger`, on `Logger`, and beside the timers."""
    logger_objects.attach()
    vars(logger).update(
        logkv=logger.record_tabular,
        logkv_mean=logger.record_mean,
        dumpkvs=logger.dump_tabular,
        logkvs=logkvs,
        log_key_value=log_key_value,
        getkvs=getkvs,
        get_time=logger.timestep,
        set_comm=set_comm,
        ma_dict=process_logger.averages,
        lst_print_dict=process_logger.recorded_at,
        __getattr__=_load,
    )
    for old, new in {"logkv": "record_tabular", "logkv_mean": "record_mean", "dumpkvs": "dump_tabular"}.items():
        setattr(Logger, old, getattr(Logger, new))
    vars(timers)["rc_start_time"] = timers.running
