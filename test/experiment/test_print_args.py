"""`print_args` shows all hyper-parameters and keeps them in backup.txt."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from rla import exp_manager


def test_each_parameter_is_a_line_of_key_and_value(start: Callable[..., None]) -> None:
    start(lr=0.001, env_id="CartPole-v1", layers=[64, 64])
    exp_manager.print_args()
    log_dir = exp_manager.log_dir
    exp_manager.finish()
    lines = Path(log_dir, "backup.txt").read_text().splitlines()
    assert len(lines) == 3
    assert [line[line.index("key: ") :] for line in lines] == [
        "key: env_id, value: CartPole-v1",
        "key: layers, value: [64, 64]",
        "key: lr, value: 0.001",
    ]
    log = Path(log_dir, "log.txt").read_text()
    assert all("key: lr, value: 0.001" in text for text in (lines[2], log))


def test_each_line_begins_with_level_and_time_step(start: Callable[..., None]) -> None:
    start(lr=0.001)
    exp_manager.set_timestep(12)
    exp_manager.print_args()
    log_dir = exp_manager.log_dir
    exp_manager.finish()
    (line,) = Path(log_dir, "backup.txt").read_text().splitlines()
    before = line[: line.index("key: ")]
    assert "BACKUP" in before
    assert "12" in before


def test_print_log_dir_names_the_folder(start: Callable[..., None]) -> None:
    start(lr=0.001)
    exp_manager.print_log_dir()
    log_dir = exp_manager.log_dir
    exp_manager.finish()
    assert log_dir in Path(log_dir, "backup.txt").read_text()


def test_keys_of_different_types_can_be_shown(start: Callable[..., None]) -> None:
    start(lr=0.001)
    exp_manager.hyper_param[7] = "seven"  # type: ignore[index]
    exp_manager.print_args()
    log_dir = exp_manager.log_dir
    exp_manager.finish()
    assert "key: 7, value: seven" in Path(log_dir, "backup.txt").read_text()
