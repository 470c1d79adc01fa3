"""`configure` takes the keywords of older scripts, with a deprecation warning."""

from __future__ import annotations

from pathlib import Path

import pytest

from rla import exp_manager

CONFIG = {"LOG_USED": ["csv"]}


@pytest.fixture
def config_file(tmp_path: Path) -> Path:
    path = tmp_path / "project" / "rla_config.yaml"
    path.parent.mkdir()
    path.write_text("LOG_USED: [csv]\n", encoding="utf-8")
    return path


def test_task_name_is_the_task_table_name(data_root: Path) -> None:
    with pytest.warns(DeprecationWarning, match=r"configure\(task_name=…\) is now configure\(task_table_name=…\)"):
        exp_manager.configure(task_name="demo_task", rla_config=CONFIG, data_root=data_root, code_root=data_root)
    assert exp_manager.task_table_name == "demo_task"


def test_private_config_path_is_the_rla_config(config_file: Path, data_root: Path) -> None:
    with pytest.warns(DeprecationWarning, match=r"configure\(private_config_path=…\) is now configure\(rla_config=…\)"):
        exp_manager.configure("demo_task", private_config_path=str(config_file), data_root=data_root)
    assert exp_manager.settings is not None
    assert exp_manager.settings.log_used == ("csv",)


def test_log_root_is_the_data_root(data_root: Path) -> None:
    with pytest.warns(DeprecationWarning, match=r"configure\(log_root=…\) is now configure\(data_root=…\)"):
        exp_manager.configure("demo_task", CONFIG, log_root=data_root, code_root=data_root)
    assert exp_manager.data_root == str(data_root)


def test_an_experiment_that_is_set_up_by_old_keywords_alone_is_recorded(config_file: Path, data_root: Path) -> None:
    with pytest.warns(DeprecationWarning, match="is now configure") as warned:
        exp_manager.configure(task_name="demo_task", private_config_path=config_file, log_root=str(data_root))
    assert len(warned) == 3
    exp_manager.log_files_gen()
    exp_manager.logger.record_tabular("return", 1.0)
    exp_manager.logger.dump_tabular()
    exp_manager.finish()
    assert exp_manager.code_root == str(config_file.parent)
    assert len(list((data_root / "log" / "demo_task").rglob("progress.csv"))) == 1


def test_the_warning_points_at_the_line_of_the_script(data_root: Path) -> None:
    with pytest.warns(DeprecationWarning, match="is now configure") as warned:
        exp_manager.configure(task_name="demo_task", rla_config=CONFIG, code_root=data_root)
    assert [warning.filename for warning in warned] == [__file__]


def test_the_keywords_of_today_give_no_warning(data_root: Path, recwarn: pytest.WarningsRecorder) -> None:
    exp_manager.configure(task_table_name="demo_task", rla_config=CONFIG, data_root=data_root, code_root=data_root)
    assert [str(warning.message) for warning in recwarn] == []


@pytest.mark.filterwarnings("ignore::DeprecationWarning")
@pytest.mark.parametrize(
    ("old", "new"),
    [("task_name", "task_table_name"), ("private_config_path", "rla_config"), ("log_root", "data_root")],
)
def test_old_and_new_together_are_an_error_that_names_both(data_root: Path, old: str, new: str) -> None:
    keywords = {"task_table_name": "demo_task", "rla_config": CONFIG, "data_root": data_root, "code_root": data_root}
    with pytest.raises(TypeError, match=rf"'{old}'.*'{new}'"):
        exp_manager.configure(**{**keywords, old: keywords[new]})
    assert exp_manager.settings is None


@pytest.mark.filterwarnings("ignore::DeprecationWarning")
def test_an_old_keyword_beside_the_value_in_its_place_is_an_error(data_root: Path) -> None:
    with pytest.raises(TypeError, match="task_table_name"):
        exp_manager.configure("demo_task", CONFIG, task_name="demo_task", code_root=data_root)
    with pytest.raises(TypeError, match="data_root"):
        exp_manager.configure("demo_task", CONFIG, data_root, log_root=data_root, code_root=data_root)


def test_a_keyword_that_never_was_is_an_error() -> None:
    with pytest.raises(TypeError, match="nonsense"):
        exp_manager.configure("demo_task", CONFIG, nonsense=1)
