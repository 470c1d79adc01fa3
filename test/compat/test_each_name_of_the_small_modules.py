"""Each name of the old constants, the small modules, the queries and the recorders: called once."""

from __future__ import annotations

import argparse
import os
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from RLA.easy_log import complex_data_recorder as recorders
from RLA.easy_log import const as log_const
from RLA.easy_log import simple_mat_plot
from RLA.emb_test import ut_controller
from RLA.utils import utils

from RLA import const, emb_test, query_tool, rla_argparser
from rla import ARCHIVE, CHECKPOINT, HYPERPARAMETER, LOG, RESULTS, TREES, exp_manager

# ---- constants -------------------------------------------------------------------------------------------------------


def test_the_constants_of_the_package() -> None:
    assert (const.DEFAULT_X_NAME, const.DEFAULT_TIMESTAMP) == ("time-step", "timestamp")
    assert (const.FRAMEWORK.tensorflow, const.FRAMEWORK.torch) == ("tensorflow", "torch")
    assert (const.FTP_PROTOCOL_NAME.FTP, const.FTP_PROTOCOL_NAME.SFTP) == ("ftp", "sftp")
    assert const.LOG_NAME_FORMAT_VERSION.V1 == "v1"
    platforms = const.PLATFORM_TYPE
    assert (platforms.WIN, platforms.LINUX, platforms.OTHER) == ("win", "linux", "other")


def test_the_constants_of_the_trees() -> None:
    trees = [log_const.LOG, log_const.CODE, log_const.CHECKPOINT, log_const.ARCHIVE_TESTER]
    trees += [log_const.OTHER_RESULTS, log_const.TMP_DATA, log_const.HYPARAMETER]
    assert trees == log_const.default_log_types == list(TREES)
    assert (log_const.ARCHIVED_TABLE, log_const.HYPARAM_FILE_NAME) == ("arc", "parameter")
    assert log_const.LoadTesterMode.FORK_TO_NEW == "fork"
    formats = log_const.LogDataType
    assert (formats.TB, formats.CSV, formats.TXT, formats.STDOUT) == ("tensorboard", "csv", "log", "stdout")


# ---- emb_test --------------------------------------------------------------------------------------------------------


def test_TestType_and_EmbUnitTestObj() -> None:  # noqa: N802  # names of classes
    kinds = emb_test.TestType
    once = emb_test.EmbUnitTestObj(print, kinds.SINGLE_TIME)
    assert [once.is_due() for _ in range(3)] == [True, False, False]
    often = emb_test.EmbUnitTestObj(print, kinds.FREQUENT, freq=3)
    assert [often.is_due() for _ in range(7)] == [True, False, False, True, False, False, True]
    keyed = emb_test.EmbUnitTestObj(print, kinds.KEY_MAP, keys=["a", "b"])
    assert [keyed.is_due(key) for key in "abac"] == [True, True, False, False]
    with pytest.raises(ValueError, match="test_type is one of 'single_time', 'freq', 'hash'; got 'never'"):
        emb_test.EmbUnitTestObj(print, "never")


def test_EmbUnitController_and_ut_controller() -> None:  # noqa: N802  # the name of a class
    assert isinstance(ut_controller, emb_test.EmbUnitController)
    controller = emb_test.EmbUnitController()
    controller.add_test("sum", lambda *values, start=0: sum(values, start), "freq", freq=-1, keys=None)
    assert controller.do_test("sum", None, 1, 2, start=3) == 6
    with pytest.raises(KeyError, match="no check 'sun'; there are: sum"):
        controller.do_test("sun")


def test_BasicUnitTest() -> None:  # noqa: N802  # the name of a class
    class Checks(emb_test.BasicUnitTest):
        pass

    assert vars(Checks()) == {}


# ---- rla_argparser ---------------------------------------------------------------------------------------------------


def test_boolean_flag() -> None:
    parser = argparse.ArgumentParser()
    rla_argparser.boolean_flag(parser, "use-her", default=True, help="replay with hindsight")
    assert [parser.parse_args(each).use_her for each in ([], ["--use-her"], ["--no-use-her"])] == [True, True, False]


def test_arg_parser_postprocess() -> None:
    parser = rla_argparser.arg_parser_postprocess(argparse.ArgumentParser())
    assert vars(parser.parse_args([])) == {"loaded_task_name": "", "info": "default exp info", "loaded_date": True}
    given = parser.parse_args(["--loaded_date", "2023/10/03/10-44-05-111111", "--loaded_task_name", "demo"])
    assert (given.loaded_date, given.loaded_task_name) == ("2023/10/03/10-44-05-111111", "demo")
    assert parser.parse_args(["--loaded_date", "False"]).loaded_date is False
    own = argparse.ArgumentParser()
    own.add_argument("--info", default="mine")
    assert rla_argparser.arg_parser_postprocess(own).parse_args([]).info == "mine"


# ---- utils.utils -----------------------------------------------------------------------------------------------------


def test_get_sys_type_and_get_dir_seperator(monkeypatch: pytest.MonkeyPatch) -> None:
    assert utils.get_dir_seperator() == os.sep
    found = []
    for platform in ("linux", "win32", "darwin"):
        monkeypatch.setattr(sys, "platform", platform)
        found.append(utils.get_sys_type())
    assert found == ["linux", "win", "other"]


def test_deprecated_alias_and_rename_kwargs() -> None:
    @utils.deprecated_alias(old="new")
    def double(new: int) -> int:
        return 2 * new

    with pytest.warns(DeprecationWarning, match=r"double\(old=…\) is now double\(new=…\)") as warned:
        assert [double(old=2), double(old=3), double(new=4)] == [4, 6, 8]  # type: ignore[call-arg]
    assert [Path(each.filename).name for each in warned] == [Path(__file__).name]
    with pytest.raises(TypeError, match="got both 'old' and 'new'"):
        double(old=1, new=1)  # type: ignore[call-arg]
    keywords = {"old": 1, "other": 2}
    with pytest.warns(DeprecationWarning, match="f"):
        utils.rename_kwargs("f", keywords, {"old": "new"})
    assert keywords == {"new": 1, "other": 2}


def test_load_yaml(tmp_path: Path) -> None:
    (tmp_path / "a.yaml").write_text("a: [1, 2]\nb: {c: x}\n")
    assert utils.load_yaml(tmp_path / "a.yaml") == {"a": [1, 2], "b": {"c": "x"}}
    (tmp_path / "b.yaml").write_text("!!python/object/apply:os.system ['touch broken']\n")
    with pytest.raises(Exception, match="could not determine a constructor"):
        utils.load_yaml(tmp_path / "b.yaml")


def test_set_or_append_and_set_or_keep_and_optional_set() -> None:
    values: dict[str, Any] = {}
    utils.set_or_append(values, "a", 1)
    utils.set_or_append(values, "a", 2)
    utils.set_or_keep(values, "b", 3)
    utils.set_or_keep(values, "b", 4)
    assert values == {"a": [1, 2], "b": 3}
    assert [utils.optional_set(0, 5), utils.optional_set(None, 5)] == [0, 5]


# ---- query_tool ------------------------------------------------------------------------------------------------------


def test_the_names_of_query_tool(experiment: Callable[..., Path], data_root: Path) -> None:
    log_dir = experiment("13-05-01-000001", lr=0.1)
    (data_root / "checkpoint" / log_dir.relative_to(data_root / "log")).mkdir(parents=True)
    (data_root / "results" / log_dir.relative_to(data_root / "log")).mkdir(parents=True)
    date = "2026/11/20/13-05-01-000001"
    log = query_tool.single_experiment_query(data_root, "demo", date, LOG)
    assert isinstance(log, query_tool.LogQueryResult)
    assert isinstance(log, query_tool.BasicQueryResult)
    assert log.dirname == str(log_dir)
    kinds = {
        HYPERPARAMETER: query_tool.HyperParamResult,
        CHECKPOINT: query_tool.CkpResult,
        RESULTS: query_tool.OtherQueryResult,
    }
    for tree, kind in kinds.items():
        (found,) = query_tool.experiment_data_query(
            data_root, "demo", "2026/11/*", tree, single_res_filter=True
        ).items()
        assert found[0] == date
        assert isinstance(found[1], kind)
    assert query_tool.ArchiveQueryResult(exp_manager, "x.pkl").dirname == "x.pkl"
    assert query_tool.experiment_data_query(data_root, "demo", "*", ARCHIVE) == {}
    assert query_tool.extract_valid_index("demo/2026/11/*") == "2026/11/*"


# ---- recorders -------------------------------------------------------------------------------------------------------


def test_the_recorders_and_format_name(start: Callable[..., None]) -> None:
    pyplot = pytest.importorskip("matplotlib.pyplot")
    start(lr=0.1)
    folder = Path(exp_manager.results_dir)
    exp_manager.set_timestep(3)
    path = recorders.format_name("deep/name", add_timestamp=True, cover=False, results_dir=None)
    assert Path(path) == folder / "deep" / "name-3.png"
    recorders.ImgRecorder.save("frame", np.zeros((2, 2), np.uint8), cover=False, add_timestamp=True)
    recorders.MatplotlibRecorder.save("figure", fig=pyplot.figure(), cover=True, add_timestamp=False)
    recorders.MatplotlibRecorder.pretty_plot_wrapper("wrapped", lambda: pyplot.plot([1, 2]), title="a title")
    pyplot.close("all")
    assert sorted(each.name for each in folder.glob("*.png")) == ["figure.png", "frame-3.png", "wrapped-3.png"]


def test_the_simple_plots(start: Callable[..., None]) -> None:
    start(lr=0.1)
    simple_mat_plot.simple_plot("lines", data=[[1, 2, 3]], xlabel="x", cover=True)
    simple_mat_plot.simple_hist("bars", [[1, 2, 2]], labels=["a"])
    simple_mat_plot.simple_scatter("points", [[1, 2], [3, 4]], ["a", "b"])
    assert len(list(Path(exp_manager.results_dir).glob("*.png"))) == 3
