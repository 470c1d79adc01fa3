"""Before `log_files_gen` and after the end there is no experiment: each call says which step is missing."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from rla import exp_manager
from rla.errors import NotConfiguredError

CALLS = [exp_manager.new_saver, exp_manager.save_checkpoint, exp_manager.load_checkpoint]


@pytest.mark.parametrize("call", CALLS, ids=lambda call: call.__name__)
def test_it_says_so_when_nothing_was_configured(call: Callable[[], object]) -> None:
    with pytest.raises(NotConfiguredError, match="log_files_gen"):
        call()


@pytest.mark.parametrize("call", CALLS, ids=lambda call: call.__name__)
def test_it_says_so_between_configure_and_log_files_gen(call: Callable[[], object], tmp_path: Path) -> None:
    exp_manager.configure("demo_task", {}, data_root=tmp_path / "data", code_root=tmp_path)
    with pytest.raises(NotConfiguredError, match="log_files_gen"):
        call()
    assert not (tmp_path / "data").exists()


@pytest.mark.parametrize("call", CALLS, ids=lambda call: call.__name__)
def test_it_says_so_after_the_end(call: Callable[[], object], begin: Callable[..., Path]) -> None:
    begin()
    exp_manager.save_checkpoint()
    exp_manager.finish()
    with pytest.raises(NotConfiguredError):
        call()
