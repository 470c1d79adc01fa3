"""Clocks that disagree: what others wrote in the future, and a file system whose time is not this host's."""

from __future__ import annotations

import statistics
from collections.abc import Iterator
from typing import Final

from rla.database.run_card import HEARTBEAT_SECONDS, RUNNING, STALE_AFTER_SECONDS
from rla.experiment.doctor.check import NOTE, OK, WARNING, Check, amount
from rla.experiment.doctor.subject import Subject
from rla.machine import host_name
from rla.names import LOG, RUN_CARD_FILE

__all__ = ["check_clock"]

TOLERATED_SECONDS: Final = 10.0
"""Clocks that are set by NTP agree much better; a card is written some time after the moment it names."""

LOOKED_AT: Final = 100

_ADVICE: Final = "let NTP set the clocks of all hosts (`timedatectl`); record dates and their order depend on them"


def check_clock(subject: Subject) -> Iterator[Check]:
    """Compare this host's clock with what is written in the data root."""
    checks = [*_days_to_come(subject), *_heartbeats_to_come(subject), *_file_system(subject)]
    yield from checks or [Check("clock", OK, "nothing in the data root is of the future")]


def _days_to_come(subject: Subject) -> Iterator[Check]:
    tomorrow = subject.day_before(-1)  # it has begun in other time zones
    days = sorted({day for day in subject.days if day > tomorrow})
    if days:
        found = f"{amount(len(days), 'date folder')} of the future, the last one {days[-1]}: a clock was or is wrong"
        yield Check("clock", NOTE, found, _ADVICE, {"days": days[-10:]})


def _heartbeats_to_come(subject: Subject) -> Iterator[Check]:
    """Heartbeats of other hosts, which were written just now by their clocks."""
    ahead = {
        run.card.host: run.card.heartbeat - subject.now
        for run in subject.newest_runs.runs
        if run.card is not None and run.status == RUNNING and run.card.heartbeat > subject.now + TOLERATED_SECONDS
    }
    for host, seconds in ahead.items():
        found = f"the heartbeat of a run on {host} is {_seconds(seconds)} in the future"
        yield Check("clock", NOTE, found, _ADVICE, {"host": host, "seconds": seconds})


def _file_system(subject: Subject) -> Iterator[Check]:
    """Compare the heartbeats of this host's living runs with the times that the file system gave to their cards."""
    differences = []
    newest = 0.0
    for run in subject.newest_runs.runs[:LOOKED_AT]:
        try:
            changed = (run.place.path(LOG) / RUN_CARD_FILE).stat().st_mtime
        except OSError:
            continue
        newest = max(newest, changed)
        if run.card is not None and run.status == RUNNING and run.card.host == host_name():
            differences.append(changed - run.card.heartbeat)
    ahead = newest - subject.now
    behind = -statistics.median(differences) if differences else 0.0
    if ahead > TOLERATED_SECONDS:
        found = f"the file system's clock is ahead: a run card was changed {_seconds(ahead)} in the future"
        yield Check("clock", NOTE, found, _ADVICE, {"seconds": ahead})
    elif behind > TOLERATED_SECONDS:
        found = f"the file system's clock is {_seconds(behind)} behind this host's"
        verdict = WARNING if behind > STALE_AFTER_SECONDS else NOTE
        yield Check("clock", verdict, found, _ADVICE, {"seconds": -behind})


def _seconds(seconds: float) -> str:
    return f"{seconds:.0f} s" if seconds < 2 * HEARTBEAT_SECONDS else f"{seconds / 60:,.0f} min"
