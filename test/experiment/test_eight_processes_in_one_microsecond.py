"""Eight processes with different settings that start in the same microsecond get eight record dates."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

from rla import HYPERPARAMETER, TREES, experiment_data_query

PROGRAM = """
import datetime, sys
import rla.experiment.run
from rla import exp_manager, logger

class FrozenClock(datetime.datetime):
    @classmethod
    def now(cls, *zone):
        return cls(2026, 11, 20, 13, 5, 1, 123456)

rla.experiment.run.datetime = FrozenClock
exp_manager.configure("demo_task", {"LOG_USED": ["csv"]}, data_root=sys.argv[1], code_root=sys.argv[1])
exp_manager.set_hyper_param(setting=int(sys.argv[2]))
exp_manager.add_record_param(["setting"])
print("ready", flush=True)
sys.stdin.read(1)
exp_manager.log_files_gen()
logger.record_tabular("setting", int(sys.argv[2]))
logger.dump_tabular()
print(exp_manager.record_date_to_str(exp_manager.record_date), flush=True)
"""


def test_all_have_a_record_date_and_folders_of_their_own(
    data_root: Path, cards: Callable[[], list[dict[str, Any]]], at_once: Callable[..., list[tuple[Any, str]]]
) -> None:
    ended = at_once(PROGRAM, [[data_root, setting] for setting in range(8)])
    assert [process.returncode for process, _ in ended] == [0] * 8
    dates = [printed.strip() for _, printed in ended]
    assert sorted(dates) == [f"2026/11/20/13-05-01-{123456 + offset}" for offset in range(8)]

    for tree in TREES:
        assert len(list(data_root.glob(f"{tree}/demo_task/2026/11/20/*"))) == 8
    results = experiment_data_query(data_root, "demo_task", None, HYPERPARAMETER)
    assert {date: results[date].hyper_param.setting for date in dates} == {  # type: ignore[union-attr]
        date: setting for setting, date in enumerate(dates)
    }
    assert {card["record_date"]: card["pid"] for card in cards()} == {
        date: process.pid for date, (process, _) in zip(dates, ended, strict=True)
    }
    for setting, date in enumerate(dates):
        (progress,) = data_root.glob(f"log/demo_task/{date}_*/progress.csv")
        assert progress.read_text().splitlines()[1].split(",")[0] == str(setting)
