"""Whatever the parameters, an experiment gets a place, is found again by record date, and its values are intact."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from rla import HYPERPARAMETER, LOG, experiment_data_query, single_experiment_query
from rla.database.index_name import format_index_name, parse_index_name
from rla.database.plain_values import restore
from rla.database.run_card import read_run_card
from rla.experiment.run import Run, start_run

any_text = st.text(st.characters(), max_size=400) | st.text(max_size=20)
any_value: st.SearchStrategy[Any] = (
    any_text | st.integers() | st.floats() | st.none() | st.binary() | st.lists(st.integers()) | st.tuples(any_text)
)
utf8_key = st.text(st.characters(codec="utf-8"), max_size=300)


@given(tracked=st.dictionaries(any_text, any_value, max_size=6), node=st.sampled_from(["10.0.0.5", "noip"]))
def test_a_name_is_one_path_component_of_at_most_200_bytes(tracked: dict[str, Any], node: str) -> None:
    name = format_index_name("13-05-01-123456", node, tracked)
    assert len(name.encode()) <= 200
    assert "/" not in name
    assert "\0" not in name
    index = parse_index_name(name)
    assert index is not None
    assert (index.time, index.node) == ("13-05-01-123456", node)


@settings(
    max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow]
)
@given(parameters=st.dictionaries(utf8_key, any_value, max_size=4))
def test_an_experiment_of_any_parameters_is_found_and_its_values_are_intact(
    data_root: Path, parameters: dict[str, Any]
) -> None:
    run = started(data_root, parameters)
    found = single_experiment_query(data_root, "demo_task", run.card.record_date, LOG)
    assert found.dirname == str(run.log_dir)
    in_file = json.loads((run.log_dir / "parameter.json").read_text(encoding="utf-8"))
    card = read_run_card(run.log_dir)
    assert card is not None
    assert repr(restore(in_file, card.types)) == repr(parameters)
    result = experiment_data_query(data_root, "demo_task", None, HYPERPARAMETER)[run.card.record_date]
    assert repr(dict(result.hyper_param)) == repr(parameters)  # type: ignore[union-attr]


def started(data_root: Path, parameters: dict[str, Any]) -> Run:
    """Start a run that tracks all its parameters."""
    return start_run(data_root, "demo_task", "noip", parameters, parameters, temporary=False)
