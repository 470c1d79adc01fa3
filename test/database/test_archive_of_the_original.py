"""Archives of the original RLA, which hold an instance of its `Tester`, are read without running code."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from pathlib import Path
from subprocess import CompletedProcess

import pytest

from rla import ARCHIVE, HYPERPARAMETER, RLAError, experiment_data_query, single_experiment_query
from rla.database.archive import read_archive

DATE = "2022/03/01/21-10-11-000001"

WRITER = """
import collections, datetime, pickle, sys, types
for name in ("RLA", "RLA.easy_log", "RLA.easy_log.tester", "RLA.easy_log.time_step"):
    sys.modules[name] = types.ModuleType(name)

class TimeStepHolder:
    pass

class Tester:
    pass

for kind, module in ((Tester, "RLA.easy_log.tester"), (TimeStepHolder, "RLA.easy_log.time_step")):
    kind.__module__ = module
    setattr(sys.modules[module], kind.__name__, kind)

holder = TimeStepHolder()
holder.__dict__.update(_TimeStepHolder__time=700, _TimeStepHolder__epoch=3, _TimeStepHolder__tf_log=True)
tester = Tester()
tester.__dict__.update(
    _Tester__ipaddr="10.0.0.5",
    time_step_holder=holder,
    record_date=datetime.datetime(2022, 3, 1, 21, 10, 11, 1),
    hyper_param={"lr": 0.01, "agent": {"layers": [64, 64]}},
    hyper_param_record=["lr"],
    custom_data={"returns": [1.0, 2.0], "best": 2.0},
    task_table_name="demo_task",
    root="/somewhere/else",
    private_config={"LOG_USED": ["csv"]},
    metadata_list=collections.OrderedDict(a=1),
)
with open(sys.argv[1], "wb") as stream:
    pickle.dump(tester, stream, int(sys.argv[2]))
"""


@pytest.fixture(params=[2, 4])
def old(request: pytest.FixtureRequest, data_root: Path, run_python: Callable[..., CompletedProcess[str]]) -> Path:
    """An archive of the original, written by another process that knows a class of that name."""
    path = data_root / "archive_tester" / "demo_task" / f"{DATE} 10.0.0.5 &lr=0.01.pkl"
    path.parent.mkdir(parents=True)
    done = run_python(WRITER, path, request.param)
    assert done.returncode == 0, done.stderr
    assert b"Tester" in path.read_bytes()
    return path


def test_its_attributes_are_read_without_its_class(old: Path) -> None:
    state = read_archive(old)
    assert type(state).__module__.startswith("rla.")
    assert state._Tester__ipaddr == "10.0.0.5"
    assert state.record_date == datetime(2022, 3, 1, 21, 10, 11, 1)
    assert state.time_step_holder._TimeStepHolder__time == 700
    assert state.metadata_list == {"a": 1}


def test_a_query_gives_its_manager_with_custom_data_and_parameters(old: Path, data_root: Path) -> None:
    result = single_experiment_query(data_root, "demo_task", DATE, ARCHIVE)
    manager = result.exp_manager  # type: ignore[union-attr]
    assert manager.custom_data == {"returns": [1.0, 2.0], "best": 2.0}
    assert manager.get_custom_data("returns") == [1.0, 2.0]
    assert manager.hyper_param.agent.layers == [64, 64]
    assert manager.record_date == datetime(2022, 3, 1, 21, 10, 11, 1)
    assert manager.task_table_name == "demo_task"


def test_its_folders_are_where_the_data_root_is_today(old: Path, data_root: Path) -> None:
    manager = single_experiment_query(data_root, "demo_task", DATE, ARCHIVE).exp_manager  # type: ignore[union-attr]
    assert manager.log_dir == f"{data_root}/log/demo_task/{DATE} 10.0.0.5 &lr=0.01/"
    assert manager.pkl_file == str(old)
    assert manager.data_root == str(data_root)


def test_its_time_step_is_that_of_its_holder(old: Path, data_root: Path) -> None:
    manager = single_experiment_query(data_root, "demo_task", DATE, ARCHIVE).exp_manager  # type: ignore[union-attr]
    assert manager.get_timestep() == 700


def test_its_parameters_serve_where_there_is_no_parameter_file(old: Path, data_root: Path) -> None:
    (data_root / "hyperparameter" / "demo_task" / f"{DATE} 10.0.0.5 &lr=0.01").mkdir(parents=True)
    result = single_experiment_query(data_root, "demo_task", DATE, HYPERPARAMETER)
    assert result.hyper_param == {"lr": 0.01, "agent": {"layers": [64, 64]}}  # type: ignore[union-attr]


def test_a_hostile_one_beside_it_is_listed_and_harms_only_who_opens_it(data_root: Path) -> None:
    folder = data_root / "archive_tester" / "demo_task" / "2022/03/01"
    folder.mkdir(parents=True)
    (folder / "21-00-00-000001_a_&.pkl").write_bytes(b"cos\nsystem\n(S'touch /made'\ntR.")
    (folder / "22-00-00-000001_a_&.pkl").write_bytes(b"(dS'custom_data'\n(dS'a'\nI1\nss.")
    first, second = experiment_data_query(data_root, "demo_task", None, ARCHIVE).values()
    assert second.exp_manager.custom_data == {"a": 1}  # type: ignore[union-attr]
    with pytest.raises(RLAError, match=r"os\.system"):
        _ = first.exp_manager.custom_data  # type: ignore[union-attr]


def test_one_that_holds_something_else_is_a_value_error(data_root: Path) -> None:
    path = data_root / "archive_tester" / "demo_task" / "2022/03/01" / "21-00-00-000001_a_&.pkl"
    path.parent.mkdir(parents=True)
    path.write_bytes(b"(lI1\na.")
    (result,) = experiment_data_query(data_root, "demo_task", None, ARCHIVE).values()
    with pytest.raises(ValueError, match="21-00-00-000001"):
        _ = result.exp_manager.state  # type: ignore[union-attr]
