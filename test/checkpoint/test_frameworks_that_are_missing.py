"""Without the package of its framework an experiment is logged as ever; only saving says what to install."""

from __future__ import annotations

import sys
from collections.abc import Callable
from pathlib import Path
from subprocess import CompletedProcess
from typing import Any

import pytest

from rla import exp_manager, logger, read_progress
from rla.errors import ConfigValueError, MissingPackageError

WITHOUT_TORCH = """
import sys
sys.modules["torch"] = None
from rla import exp_manager, logger
exp_manager.configure("demo_task", {"LOG_USED": ["csv"]}, data_root=sys.argv[1], code_root=sys.argv[1])
exp_manager.log_files_gen()
for call in (exp_manager.new_saver, lambda: exp_manager.save_checkpoint({"a": 1}), lambda: exp_manager.new_saver(2)):
    try:
        call()
    except ImportError as error:
        print(type(error).__name__, error)
open(exp_manager.checkpoint_dir + "checkpoint_1.pt", "w").close()
try:
    exp_manager.load_checkpoint()
except ImportError as error:
    print(type(error).__name__, error)
logger.record_tabular("a", 1)
logger.dump_tabular()
"""


def test_torch_that_is_not_installed_is_named_in_the_fixed_sentence_and_rows_are_recorded(
    data_root: Path, run_python: Callable[..., CompletedProcess[str]]
) -> None:
    done = run_python(WITHOUT_TORCH, data_root)
    assert done.returncode == 0, done.stderr
    assert done.stdout.splitlines() == [f"MissingPackageError {MissingPackageError('torch', 'torch')}"] * 4
    (folder,) = data_root.glob("log/demo_task/*/*/*/*")
    assert [row["a"] for row in read_progress(folder).rows] == [1]


@pytest.mark.parametrize(("name", "nearest"), [("troch", "torch"), ("Torch", "torch"), ("tensorflw", "tensorflow")])
def test_a_misspelt_framework_is_told_when_it_is_configured(name: str, nearest: str, tmp_path: Path) -> None:
    with pytest.raises(ConfigValueError, match=f"DL_FRAMEWORK.*{name}.*Did you mean '{nearest}'"):
        exp_manager.configure("demo_task", {"DL_FRAMEWORK": name}, data_root=tmp_path, code_root=tmp_path)


def test_tensorflow_that_is_missing_is_logged_and_saving_says_what_to_install(
    begin: Callable[..., Path], archived: Callable[[], Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "tensorflow", None)
    begin("tensorflow")
    logger.record_tabular("a", 1)
    logger.dump_tabular()
    for call in (exp_manager.new_saver, exp_manager.save_checkpoint):
        with pytest.raises(MissingPackageError, match=r"'tensorflow'.*'RLA\[tensorflow\]'"):
            call()
    assert [row["a"] for row in read_progress(exp_manager.log_dir).rows] == [1]
    assert archived().record.status() == "finished"
