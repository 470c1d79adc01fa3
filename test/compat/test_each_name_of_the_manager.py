"""Each name of `easy_log.tester`: called once, and its result looked at."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest
from RLA.easy_log import tester as module
from RLA.easy_log.tester import exp_manager, tester

import rla
from rla import ExperimentManager, logger, read_progress
from rla.errors import AmbiguousExperimentError, ExperimentNotFoundError, NotConfiguredError, QueryError
from rla.output.logger import Logger


@pytest.fixture
def begin(data_root: Path) -> Callable[..., None]:
    """Begin an experiment of the global manager whose checkpoints are plain: ``begin(lr=0.1)``."""

    def begin_experiment(task: str = "demo", **hyper_param: Any) -> None:
        tester.set_hyper_param(**hyper_param)
        tester.add_record_param(list(hyper_param))
        config = {"LOG_USED": ["csv", "log", "tensorboard"], "DL_FRAMEWORK": "plain"}
        tester.configure(task, config, data_root=data_root, code_root=data_root)
        tester.log_files_gen()

    return begin_experiment


@pytest.fixture
def earlier(begin: Callable[..., None]) -> str:
    """The record date of an experiment of the task ``demo`` with two rows, and a checkpoint of step 20."""
    begin(lr=0.1)
    for step in (10, 20):
        tester.set_timestep(step)
        logger.record_tabular("loss", step)
        logger.dump_tabular()
    tester.save_checkpoint({"weights": np.arange(3)}, related_variable={"best": 7.5})
    date = tester.record_date_to_str(tester.record_date)
    tester.finish()
    return date


def test_Tester_and_exp_manager_and_tester() -> None:  # noqa: N802  # the name of the class
    assert tester is exp_manager is rla.exp_manager
    assert isinstance(tester, module.Tester)


def test_configure_and_log_files_gen_and_what_they_need(data_root: Path) -> None:
    with pytest.raises(NotConfiguredError, match="configure"):
        tester.log_files_gen()
    tester.configure("demo", {"LOG_USED": ["csv"]}, data_root=str(data_root), code_root=str(data_root))
    tester.log_files_gen()
    assert tester.get_task_table_name() == "demo"
    assert Path(tester.log_dir, "experiment.json").is_file()


def test_hyper_parameters(begin: Callable[..., None]) -> None:
    tester.set_hyper_param(lr=0.1, net="small")
    tester.update_hyper_param("a b", 3)
    assert tester.hyper_param == {"lr": 0.1, "net": "small", "a b": 3}
    tester.add_record_param(["net"])
    assert tester.auto_parse_info() == "&net=small"
    tester.clear_record_param()
    assert tester.auto_parse_info() == "&"
    begin(lr=0.2)
    assert json.loads(Path(tester.hyperparameter_dir, "parameter.json").read_text()) == {
        "lr": 0.2,
        "net": "small",
        "a b": 3,
    }


def test_get_timstep_and_get_timestep_and_set_timestep() -> None:
    tester.set_timestep(12)
    assert tester.get_timestep() == 12
    with pytest.warns(DeprecationWarning, match=r"get_timstep\(\) is now exp_manager.get_timestep\(\)") as warned:
        assert [tester.get_timstep(), tester.get_timstep()] == [12, 12]
    assert len(warned) == 1


def test_update_log_files_location(begin: Callable[..., None], data_root: Path, tmp_path: Path) -> None:
    begin(lr=0.1)
    tester.update_log_files_location(str(tmp_path / "other"))
    assert tester.log_dir.startswith(f"{data_root}/")
    tester.log_files_gen()
    assert tester.log_dir.startswith(f"{tmp_path}/other/log/demo/")


def test_log_file_copy_and_load_tester(earlier: str, begin: Callable[..., None], data_root: Path) -> None:
    past = module.Tester.load_tester(record_date=earlier, task_table_name="demo", log_root=str(data_root))
    assert past.hyper_param.lr == 0.1
    assert past.custom_data == {"best": 7.5}
    begin(lr=0.2)
    tester.log_file_copy(past)
    assert [row["loss"] for row in read_progress(tester.log_dir).rows] == [10, 20]
    assert tester.load_checkpoint()[0] == tester.get_timestep() == 20
    with pytest.raises(TypeError, match="takes what load_tester"):
        tester.log_file_copy("2026/11/20")


def test_log_file_copy_of_a_manager_of_this_process(earlier: str, begin: Callable[..., None]) -> None:
    begin(lr=0.2)
    other = ExperimentManager(Logger(on_terminal=False))
    other.configure("demo", {"LOG_USED": ["csv"]}, data_root=tester.data_root, code_root=tester.data_root)
    other.log_files_gen()
    other.logger.record_tabular("loss", 3)
    other.logger.dump_tabular(5)
    tester.log_file_copy(other)
    other.finish()
    assert tester.get_timestep() == 5


def test_task_gen() -> None:
    assert tester.task_gen(["hopper", "v2", 3]) == "hopper-v2-3"


def test_log_file_finder(earlier: str, data_root: Path) -> None:
    day, _, time = earlier.rpartition("/")
    folder, name = tester.log_file_finder(earlier, "demo", f"{data_root}/checkpoint/")
    assert (folder, name.partition("_")[0]) == (f"{data_root}/checkpoint/demo/{day}", time)
    archive = tester.log_file_finder(earlier, "demo", file_root=data_root / "archive_tester", log_type="files")[1]
    assert archive == f"{name}.pkl"
    with pytest.raises(ExperimentNotFoundError, match="has nothing whose name begins with '00-00-00-000000'"):
        tester.log_file_finder(f"{day}/00-00-00-000000", "demo", f"{data_root}/log")
    (Path(folder) / f"{time}_10.9.9.9_&").mkdir()
    with pytest.raises(AmbiguousExperimentError):
        tester.log_file_finder(earlier, "demo", f"{data_root}/checkpoint/")
    with pytest.raises(QueryError, match="is no record date"):
        tester.log_file_finder("yesterday", "demo", f"{data_root}/checkpoint/")
    with pytest.raises(QueryError, match="log_type is 'dir' or 'files'"):
        tester.log_file_finder(earlier, log_type="links")


def test_log_name_formatter_and_record_date_to_str_and_ipaddr(begin: Callable[..., None]) -> None:
    begin(lr=0.1)
    date = tester.record_date_to_str(tester.record_date)
    assert f"_{tester.ipaddr}_" in tester.log_dir
    folder = f"{tester.data_root}/log/demo"
    assert tester.log_name_formatter(folder, date) + "/" == tester.log_dir
    assert tester.log_name_formatter(folder, tester.record_date) + "/" == tester.log_dir


def test_get_version_num() -> None:
    assert tester.get_version_num() == rla.__version__


def test_update_fph(begin: Callable[..., None], monkeypatch: pytest.MonkeyPatch) -> None:
    begin(lr=0.1)
    start = json.loads(Path(tester.log_dir, "experiment.json").read_text())["start"]
    monkeypatch.setattr("rla.compat.tester_methods.time", SimpleNamespace(time=lambda: start + 1800))
    assert tester.update_fph(cum_epochs=100) == 200.0
    assert logger.getkvs()["fph"] == 200.0


def test_get_ignore_files(data_root: Path, tmp_path: Path) -> None:
    project = tmp_path / "project"
    project.mkdir()
    (project / ".gitignore").write_text("*.pyc\n")
    tester.configure("demo", {}, data_root=data_root, code_root=project, ignore_file_path=".gitignore")
    assert tester.get_ignore_files(str(project), ["a.py", "a.pyc"]) == {"a.pyc"}


def test_what_is_printed(begin: Callable[..., None]) -> None:
    begin(lr=0.1)
    tester.print_args()
    tester.print_log_dir()
    tester.print_large_memory_variable()
    tester.add_custom_data("returns", 3)
    tester.print_custom_data("returns", prefix="so far: ")
    logger.flush()
    backup = Path(tester.log_dir, "backup.txt").read_text()
    assert "key: lr, value: 0.1\n" in backup
    assert f"log dir: {tester.log_dir}\n" in backup
    text = Path(tester.log_dir, "log.txt").read_text()
    assert "so far: returns: [3]\n" in text
    assert "MiB" in text


def test_custom_data(begin: Callable[..., None], data_root: Path) -> None:
    begin(lr=0.1)
    for value in (1, 2, 3):
        tester.add_custom_data("returns", value, dtype=list, max_len=2, mode="append")
    tester.add_custom_data("best", 3, dtype=int)
    tester.clear_custom_data("best")
    assert tester.get_custom_data("returns") == [2, 3]
    tester.serialize_object_and_save()
    date = tester.record_date_to_str(tester.record_date)
    assert tester.load_tester(date, "demo", data_root).custom_data == {"returns": [2, 3]}


def test_time_record_and_time_record_end(monkeypatch: pytest.MonkeyPatch) -> None:
    now = [50.0]
    monkeypatch.setattr("rla.timers.time", SimpleNamespace(perf_counter=lambda: now[0]))
    tester.time_record("save")
    now[0] += 2
    assert tester.time_record_end("save") == 2.0
    assert logger.getkvs() == {"time_used/save": 2.0}


def test_new_saver_and_save_checkpoint_and_load_checkpoint(begin: Callable[..., None]) -> None:
    begin(lr=0.1)
    tester.new_saver(max_to_keep=1, var_prefix="", verbose=True)
    for step in (1, 2):
        tester.set_timestep(step)
        tester.save_checkpoint({"weights": step}, checkpoint_name="best")
    assert tester.load_checkpoint(checkpoint_name="best") == (2, {"weights": 2})
    assert [path.name for path in Path(tester.checkpoint_dir).iterdir()] == ["best_2.npz"]


def test_what_goes_to_tensorboard(begin: Callable[..., None]) -> None:
    summaries = pytest.importorskip("tensorboard.compat.proto.summary_pb2")
    accumulator = pytest.importorskip("tensorboard.backend.event_processing.event_accumulator")
    graphs = pytest.importorskip("tensorboard.compat.proto.graph_pb2")
    begin(lr=0.1)
    summary = summaries.Summary(value=[summaries.Summary.Value(tag="value", simple_value=0.5)])
    tester.add_summary_to_logger(summary, name="losses", simple_val=False, freq=20)
    graph = SimpleNamespace(as_graph_def=lambda add_shapes: graphs.GraphDef(node=[{"name": "policy"}]))
    tester.add_graph(SimpleNamespace(graph=graph))
    tester.dict_to_table_text_summary({"layers": 2}, name="net")
    logger.dump_tabular()
    logger.flush()
    events = accumulator.EventAccumulator(f"{tester.log_dir}tb/events")
    events.Reload()
    assert [event.value for event in events.Scalars("losses/value")] == [0.5]
    assert [node.name for node in events.Graph().node] == ["policy"]
    (table,) = (tag for tag in events.Tags()["tensors"] if tag.startswith("net"))
    assert b"layers" in events.Tensors(table)[0].tensor_proto.string_val[0]


def test_import_hyper_parameters(earlier: str, begin: Callable[..., None]) -> None:
    begin(lr=0.2, seed=3)
    with pytest.warns(DeprecationWarning, match=r"is now RLA.update_hyper_parameters_fn\(\)"):
        values = module.import_hyper_parameters(task_table_name="demo", record_date=earlier)
    assert (values.lr, values.seed, values.loaded_date) == (0.1, 3, earlier)
    assert tester.hyper_param == {"lr": 0.1, "seed": 3}


def test_load_from_record_date(earlier: str) -> None:
    with pytest.warns(DeprecationWarning, match="is now RLA.ExperimentLoader"):
        step, content, variables = module.load_from_record_date(task_name="demo", record_date=earlier)
    assert (step, content["weights"].tolist(), variables) == (20, [0, 1, 2], {"best": 7.5})


def test_fork_tester_log_files(earlier: str, begin: Callable[..., None]) -> None:
    begin(lr=0.2)
    with pytest.warns(DeprecationWarning, match=r"is now exp_manager.fork\(\)") as warned:
        module.fork_tester_log_files("demo", earlier)
    assert [Path(warning.filename).name for warning in warned] == [Path(__file__).name]
    assert tester.get_timestep() == 20


def test_the_early_functions_need_a_data_root() -> None:
    for function in (module.import_hyper_parameters, module.load_from_record_date, module.fork_tester_log_files):
        with pytest.raises(NotConfiguredError, match="configure"), pytest.warns(DeprecationWarning, match="is now"):
            function("demo", "2026/11/20/13-05-01-000001")


def test_sync_log_file(begin: Callable[..., None], data_root: Path, tmp_path: Path) -> None:
    begin()
    assert tester.sync_log_file(skip_error=True) is None  # this node is not set up to send
    remote = {"file_transfer_protocol": "local", "remote_data_root": str(tmp_path / "main")}
    config = {"LOG_USED": ["csv"], "SEND_LOG_FILE": True, "REMOTE_SETTING": remote}
    tester.configure("demo", config, data_root=data_root, code_root=data_root)
    tester.log_files_gen()
    assert tester.sync_log_file() is None
    tester.finish()
    assert len(list((tmp_path / "main").rglob("progress.csv"))) == 1
