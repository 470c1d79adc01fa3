"""`RLA.query_tool`: questions to the database."""

from __future__ import annotations

from rla.experiment.query import (
    ArchiveQueryResult,
    BasicQueryResult,
    CkpResult,
    HyperParamResult,
    LogQueryResult,
    OtherQueryResult,
    experiment_data_query,
    single_experiment_query,
)

__all__ = [
    "ArchiveQueryResult",
    "BasicQueryResult",
    "CkpResult",
    "HyperParamResult",
    "LogQueryResult",
    "OtherQueryResult",
    "experiment_data_query",
    "extract_valid_index",
    "single_experiment_query",
]


def extract_valid_index(regex: str) -> str:
    """Return a pattern from its date on, without a task before it: ``demo/2022/03/*`` gives ``2022/03/*``."""
    parts = regex.split("/")
    for position, part in enumerate(parts):
        if part[:4].isdigit() and len(part) >= 4:
            return "/".join(parts[position:])
    return regex
