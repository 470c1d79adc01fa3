"""Hyper-parameters come from the json, else the yaml, else the archive, else the index name."""

from __future__ import annotations

import json
import pickle
from collections.abc import Callable
from pathlib import Path

import pytest

from rla import HYPERPARAMETER, experiment_data_query, single_experiment_query
from rla.database.attribute_dict import AttributeDict
from rla.database.query import find_experiments
from rla.errors import RLAWarning

NAME = "2022/03/01/21-10-11-000001_a_&lr=0.01&env=A"
Maker = Callable[..., Path]


@pytest.fixture
def parameters(data_root: Path) -> Callable[[], AttributeDict]:
    """Ask for the parameters of the only experiment."""

    def ask() -> AttributeDict:
        (record,) = find_experiments(data_root, "demo_task", None, HYPERPARAMETER)
        return record.parameters()

    return ask


Parameters = Callable[[], AttributeDict]


def test_json_goes_before_yaml(found_experiment: Maker, parameters: Parameters) -> None:
    folder = found_experiment(NAME, HYPERPARAMETER, parameters={"lr": 1})
    (folder / "parameter.yaml").write_text("lr: 2\n")
    assert parameters() == {"lr": 1}


def test_a_yaml_file_alone_is_read_with_attributes_at_every_depth(
    found_experiment: Maker, parameters: Parameters
) -> None:
    folder = found_experiment(NAME, HYPERPARAMETER)
    (folder / "parameter.yaml").write_text("lr: 0.01\nagent:\n  layers: [1, 2]\n  net: {act: relu}\n")
    assert parameters().agent.net.act == "relu"
    assert parameters().agent.layers == [1, 2]


def test_an_empty_yaml_file_beside_a_json_file_does_not_matter(found_experiment: Maker, parameters: Parameters) -> None:
    folder = found_experiment(NAME, HYPERPARAMETER, parameters={"lr": 1})
    (folder / "parameter.yaml").write_text("")
    assert parameters() == {"lr": 1}


def test_an_empty_yaml_file_alone_is_passed_over(found_experiment: Maker, parameters: Parameters) -> None:
    (found_experiment(NAME, HYPERPARAMETER) / "parameter.yaml").write_text("")
    assert parameters() == {"lr": "0.01", "env": "A"}


def test_a_json_file_with_nan_of_an_older_tool_is_read(found_experiment: Maker, parameters: Parameters) -> None:
    (found_experiment(NAME, HYPERPARAMETER) / "parameter.json").write_text('{"lr": NaN, "max": Infinity}')
    assert repr(parameters()) == "{'lr': nan, 'max': inf}"


@pytest.mark.parametrize("broken", [b'{"lr": 1', b"", b"\xff\xfe", b"[" * 100_000])
def test_a_damaged_json_file_warns_and_the_yaml_counts(
    found_experiment: Maker, parameters: Parameters, broken: bytes
) -> None:
    folder = found_experiment(NAME, HYPERPARAMETER)
    (folder / "parameter.json").write_bytes(broken)
    (folder / "parameter.yaml").write_text("lr: 2\n")
    with pytest.warns(RLAWarning, match=r"parameter\.json"):
        assert parameters() == {"lr": 2}


def test_a_json_file_that_holds_no_mapping_warns_and_is_passed_over(
    found_experiment: Maker, parameters: Parameters
) -> None:
    (found_experiment(NAME, HYPERPARAMETER) / "parameter.json").write_text("[1, 2]")
    with pytest.warns(RLAWarning, match="of type 'list'"):
        assert parameters() == {"lr": "0.01", "env": "A"}


def test_a_yaml_file_that_wants_to_run_code_warns_and_does_not(
    found_experiment: Maker, parameters: Parameters, tmp_path: Path
) -> None:
    folder = found_experiment(NAME, HYPERPARAMETER)
    (folder / "parameter.yaml").write_text(f"lr: !!python/object/apply:os.mkdir ['{tmp_path}/made']\n")
    with pytest.warns(RLAWarning, match=r"parameter\.yaml"):
        assert parameters() == {"lr": "0.01", "env": "A"}
    assert not (tmp_path / "made").exists()


def test_the_log_folder_serves_where_the_parameter_tree_has_none(
    found_experiment: Maker, parameters: Parameters
) -> None:
    found_experiment(NAME, "log", parameters={"lr": 1})
    assert parameters() == {"lr": 1}


def test_a_query_gives_the_parameters_of_a_data_root_that_only_has_logs(
    found_experiment: Maker, data_root: Path
) -> None:
    found_experiment(NAME, "log")
    (result,) = experiment_data_query(data_root, "demo_task", None, HYPERPARAMETER).values()
    assert result.hyper_param == {"lr": "0.01", "env": "A"}  # type: ignore[union-attr]
    one = single_experiment_query(data_root, "demo_task", "2022/03/01/21-10-11-000001", HYPERPARAMETER)
    assert one.hyper_param.env == "A"  # type: ignore[union-attr]


def test_the_code_folder_serves_where_the_log_folder_has_none(found_experiment: Maker, parameters: Parameters) -> None:
    found_experiment(NAME, "log")
    found_experiment(NAME, "code", parameters={"lr": 3})
    assert parameters() == {"lr": 3}


def test_an_archive_serves_where_there_is_no_file(
    found_experiment: Maker, parameters: Parameters, data_root: Path
) -> None:
    found_experiment(NAME, "log")
    archive = data_root / "archive_tester" / "demo_task" / f"{NAME}.pkl"
    archive.parent.mkdir(parents=True)
    archive.write_bytes(pickle.dumps({"hyper_param": {"lr": 4, "agent": {"n": 1}}}))
    assert parameters() == {"lr": 4, "agent": {"n": 1}}
    assert parameters().agent.n == 1


@pytest.mark.parametrize("archive", [b"", pickle.dumps([1, 2]), pickle.dumps({"hyper_param": None})])
def test_the_index_name_serves_last_with_values_as_texts(
    found_experiment: Maker, parameters: Parameters, data_root: Path, archive: bytes
) -> None:
    found_experiment(NAME, "log")
    path = data_root / "archive_tester" / "demo_task" / f"{NAME}.pkl"
    path.parent.mkdir(parents=True)
    path.write_bytes(archive)
    assert parameters() == {"lr": "0.01", "env": "A"}


def test_an_archive_that_is_no_pickle_warns_and_is_passed_over(
    found_experiment: Maker, parameters: Parameters, data_root: Path
) -> None:
    found_experiment(NAME, "log")
    path = data_root / "archive_tester" / "demo_task" / f"{NAME}.pkl"
    path.parent.mkdir(parents=True)
    path.write_bytes(b"no pickle")
    with pytest.warns(RLAWarning, match=r"\.pkl"):
        assert parameters() == {"lr": "0.01", "env": "A"}


def test_a_name_of_the_older_format_serves_as_well(found_experiment: Maker, parameters: Parameters) -> None:
    found_experiment("2022/03/01/21-10-11-000001 10.0.0.5 &lr=0.01&env=A_b c", "log")
    assert parameters() == {"lr": "0.01", "env": "A_b c"}


def test_types_of_the_run_card_are_given_back(found_experiment: Maker, parameters: Parameters) -> None:
    card = dict.fromkeys(("id", "task", "record_date", "node", "index_name"), "x") | {"types": {"/size": "tuple"}}
    found_experiment(NAME, "log", parameters={"size": [1, 2]}, card=card)
    assert parameters().size == (1, 2)


def test_a_note_that_cannot_be_read_is_passed_over(found_experiment: Maker, parameters: Parameters) -> None:
    card = dict.fromkeys(("id", "task", "record_date", "node", "index_name"), "x") | {"types": {"": "keys:{"}}
    found_experiment(NAME, "log", parameters={"size": [1, 2]}, card=card)
    assert parameters() == {"size": [1, 2]}


@pytest.mark.parametrize("types", [None, [], {"/size": 3}, {"/size": ["tuple"]}, "text"])
def test_a_run_card_with_damaged_types_does_not_hide_the_parameters(
    found_experiment: Maker, parameters: Parameters, types: object
) -> None:
    card = dict.fromkeys(("id", "task", "record_date", "node", "index_name"), "x") | {"types": types}
    found_experiment(NAME, "log", parameters={"size": [1, 2]}, card=card)
    assert parameters() == {"size": [1, 2]}


def test_one_damaged_experiment_does_not_hide_the_others(found_experiment: Maker, data_root: Path) -> None:
    (found_experiment(NAME, HYPERPARAMETER) / "parameter.json").write_bytes(b"\0")
    found_experiment("2022/03/02/21-10-11-000001_a_&", HYPERPARAMETER, parameters={"lr": 2})
    with pytest.warns(RLAWarning):
        results = experiment_data_query(data_root, "demo_task", None, HYPERPARAMETER)
    shown = [json.dumps(result.hyper_param) for result in results.values()]  # type: ignore[union-attr]
    assert shown == ['{"lr": "0.01", "env": "A"}', '{"lr": 2}']
