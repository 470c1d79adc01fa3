"""Which experiments of a grid are not there."""

from __future__ import annotations

import itertools
import json
from collections.abc import Sequence
from typing import Any

from rla.errors import QueryError
from rla.query.experiment import Experiment
from rla.query.loading import parameter_names

__all__ = ["missing_combinations"]


def missing_combinations(experiments: Sequence[Experiment], parameters: Sequence[str]) -> list[dict[str, Any]]:
    """Return the combinations of values that no experiment has; see `Experiments.missing`."""
    names = parameter_names(experiments, parameters)
    if not names:
        raise QueryError("missing() needs the names of hyper-parameters, e.g. missing('env_id', 'seed').")
    present = set()
    values: list[dict[str, Any]] = [{} for _ in names]
    for experiment in experiments:
        sources = (experiment.facts, experiment.flat_parameters)
        known = {name: source[name] for source in sources for name in names if name in source}
        if all(name in known for name in names):
            identities = tuple(json.dumps(known[name], default=str) for name in names)
            present.add(identities)
            for place, (name, identity) in enumerate(zip(names, identities, strict=True)):
                values[place].setdefault(identity, known[name])
    ordered = [_in_order(of_name) for of_name in values]
    return [
        dict(zip(names, (of_name[each] for of_name, each in zip(values, combination, strict=True)), strict=True))
        for combination in itertools.product(*ordered)
        if combination not in present
    ]


def _in_order(values: dict[str, Any]) -> list[str]:
    """Return identities in the order of their values; as they came where those have none."""
    try:
        return sorted(values, key=lambda identity: values[identity])
    except TypeError:
        return list(values)
