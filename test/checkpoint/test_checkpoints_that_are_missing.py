"""A checkpoint that is not there is an error that lists those that are, and the nearest name."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from rla import exp_manager
from rla.errors import CheckpointError, CheckpointNotFoundError


@pytest.fixture
def saved(begin: Callable[..., Path], save_at: Callable[..., str]) -> Path:
    folder = begin()
    for step in (9, 100, 20):
        save_at(step, checkpoint_name="policy")
    save_at(20, checkpoint_name="critic")
    return folder


def test_a_missing_step_lists_the_steps_in_order(saved: Path) -> None:
    with pytest.raises(CheckpointNotFoundError, match=r"step 21 .*: 9, 20, 100\.") as refusal:
        exp_manager.load_checkpoint(21, "policy")
    assert str(saved) in str(refusal.value)


def test_a_missing_name_lists_the_names_and_suggests_the_nearest(saved: Path) -> None:
    with pytest.raises(CheckpointNotFoundError, match=r"critic, policy\. Did you mean 'policy'\?") as refusal:
        exp_manager.load_checkpoint(checkpoint_name="polcy")
    assert str(saved) in str(refusal.value)


@pytest.mark.parametrize("kind", [FileNotFoundError, CheckpointError])
def test_it_is_caught_as_either_kind(kind: type[Exception], begin: Callable[..., Path]) -> None:
    begin()
    with pytest.raises(kind):
        exp_manager.load_checkpoint()


@pytest.mark.parametrize("name", ["../policy", "a/b", "..", "a\0b", "*", "p.licy", "n" * 300])
def test_a_name_never_leads_out_of_the_folder_or_to_another(saved: Path, name: str) -> None:
    (saved.parent / "policy_5.npz").write_bytes((saved / "policy_9.npz").read_bytes())
    with pytest.raises(CheckpointNotFoundError):
        exp_manager.load_checkpoint(checkpoint_name=name)


def test_a_step_that_is_no_number_is_said_in_our_words(saved: Path) -> None:
    with pytest.raises(CheckpointError, match="ckp_index"):
        exp_manager.load_checkpoint("latest", "policy")
