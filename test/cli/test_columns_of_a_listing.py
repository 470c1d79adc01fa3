"""`rla ls` and `rla query` show what tells experiments apart, as far as the terminal is wide."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from rla import exp_manager, logger

Rla = Callable[..., Any]


@pytest.fixture(autouse=True)
def terminal(monkeypatch: pytest.MonkeyPatch, data_root: Path) -> None:
    """A terminal of 80 columns without colours."""
    for name, value in {"FORCE_COLOR": "1", "NO_COLOR": "1", "COLUMNS": "80", "TERM": "dumb"}.items():
        monkeypatch.setenv(name, value)
    monkeypatch.setenv("RLA_ROOT", str(data_root))


@pytest.fixture
def lab(start: Callable[..., None], data_root: Path) -> Path:
    for algo, rate in (("sac", 0.25), ("td3", 0.5)):
        for seed in range(3):
            start(
                algo=algo,
                rate_of_actor_network=rate,
                rate_of_critic_network=rate,
                seed=seed,
                log_used=("csv",),
            )
            logger.record_tabular("eval/return", 100.0 * seed)
            logger.record_tabular("train/loss", float("nan") if seed == 2 else 0.5)
            exp_manager.time_step_holder.set_time(1_250_000 + seed)
            logger.dump_tabular()
    exp_manager.finish()
    return data_root


def header(shown: str) -> list[str]:
    return next(line.split() for line in shown.splitlines() if "record_date" in line)


def test_what_tells_runs_apart_has_a_column_before_what_only_repeats_it(lab: Path, rla: Rla) -> None:
    shown = rla("ls").out
    assert header(shown) == ["record_date", "status", "algo", "seed", "step", "eval/return"]
    assert "differ too: rate_of_actor_network, rate_of_critic_network (-k" in shown


def test_what_was_asked_for_has_a_column_first(lab: Path, rla: Rla) -> None:
    shown = rla("query", "rate_of_critic_network > 0").out
    assert "rate_of_critic_network" in header(shown)
    assert "train/loss" in header(rla("query", "train/loss == nan or seed == 1").out)
    assert "duration" in header(rla("query", "duration >= 0 and seed == 1", "-n", "1").out)


def test_the_order_is_shown_by_what_it_comes_from(lab: Path, rla: Rla) -> None:
    assert header(rla("ls", "--sort", "-train/loss").out)[-1] == "train/loss"
    assert header(rla("ls", "--sort", "seed").out)[-1] == "eval/return"


def test_tables_fit_the_terminal(lab: Path, rla: Rla) -> None:
    lines = rla("ls").out.splitlines()
    rows = lines[: next(number for number, line in enumerate(lines) if line.startswith("differ"))]
    assert max(map(len, rows)) <= 80


def test_dates_of_this_year_and_steps_are_short(lab: Path, rla: Rla) -> None:
    row = next(line.split() for line in rla("ls").out.splitlines() if "finished" in line)
    assert row[0].count("/") == 2
    assert row[-2:] == ["1.25M", "0"]


def test_facts_are_shown_as_people_read_them(lab: Path, rla: Rla) -> None:
    row = next(line for line in rla("ls", "-n", "1", "-k", "size", "-k", "duration").out.splitlines() if "fini" in line)
    assert " KiB " in row
    assert row.split()[4].endswith("s")


def test_a_key_that_none_has_gets_no_column_but_a_hint(lab: Path, rla: Rla) -> None:
    shown = rla("ls", "-k", "retrun").out
    assert "retrun" not in header(shown)
    assert "None of these has a value 'retrun'. Did you mean 'eval/return'?" in shown


def test_of_one_run_the_rest_is_said_with_values(lab: Path, rla: Rla) -> None:
    shown = rla("query", "algo == sac and seed == 1").out
    assert "also: rate_of_actor_network=0.25" in shown
    assert "differ too" not in shown


def test_a_run_that_cannot_be_read_has_one_line_of_reason(lab: Path, rla: Rla) -> None:
    for path in lab.glob("*/demo_task/*/*/*/*seed=2/parameter.*"):
        path.write_text('{"seed": ')
    reasons = [line for line in rla("ls", "--fresh").out.splitlines() if "cannot be read" in line]
    assert len(reasons) == 2
    assert "'log/…/parameter.json' cannot be read" in reasons[0]
    assert reasons[0].endswith("more, see --json)")


def test_what_the_piped_table_shows_is_all_of_it(lab: Path, rla: Rla, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("FORCE_COLOR")
    shown = rla("ls").out
    assert header(shown)[2:6] == [
        "algo",
        "rate_of_actor_network",
        "rate_of_critic_network",
        "seed",
    ]
    assert "differ too" not in shown
