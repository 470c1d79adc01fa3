"""Experiments that need care: those that were killed, those that nobody hears of, cards that cannot be read."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator

from rla.database.run_card import DEAD, STALE
from rla.errors import printable
from rla.experiment.doctor.check import NOTE, OK, WARNING, Check, amount
from rla.experiment.doctor.subject import RUN_DAYS, ObservedRun, Subject
from rla.names import LOG, RUN_CARD_FILE
from rla.output.fold import has_journal

__all__ = ["check_runs"]


def check_runs(subject: Subject) -> Iterator[Check]:
    """Count the newest runs by what becomes of them."""
    runs, is_all = subject.newest_runs
    statuses = Counter(run.status for run in runs)
    listed = ", ".join(f"{number:,} {status}" for status, number in sorted(statuses.items()))
    if not runs:
        found = f"none in the last {RUN_DAYS} days"
    elif is_all:
        found = f"{len(runs):,} in the last {RUN_DAYS} days: {listed}"
    else:
        found = f"of the newest {len(runs):,}, there are more: {listed}"
    yield Check("experiments", OK, found, facts={"statuses": dict(statuses), "is_all": is_all})
    yield from _killed([run for run in runs if run.status == DEAD])
    yield from _silent([run for run in runs if run.status == STALE])
    yield from _unreadable([run for run in runs if run.card is None])


def _killed(runs: list[ObservedRun]) -> Iterator[Check]:
    with_journal = sum(_holds_rows(run) for run in runs)
    facts = {"dead": len(runs), "with_journal": with_journal}
    if with_journal:
        found = f"{amount(with_journal, 'killed run')} with rows that rla alone sees, in the journal"
        yield Check("killed runs", WARNING, found, "rla fsck --repair", facts)
    elif runs:
        yield Check("killed runs", NOTE, f"{amount(len(runs), 'run')} died; all rows are in place", "rla ls", facts)


def _silent(runs: list[ObservedRun]) -> Iterator[Check]:
    if runs:
        hosts = Counter(run.card.host for run in runs if run.card is not None)
        listed = ", ".join(f"{printable(host)} ({number})" for host, number in hosts.most_common(3))
        found = f"{amount(len(runs), 'run')} of other hosts not heard of for 15 minutes: {listed}"
        advice = "if they have died, run `rla fsck --repair` on their own hosts"
        yield Check("silent runs", WARNING, found, advice, {"hosts": dict(hosts)})


def _unreadable(runs: Iterable[ObservedRun]) -> Iterator[Check]:
    number = sum((run.place.path(LOG) / RUN_CARD_FILE).exists() for run in runs)
    if number:
        yield Check("run cards", WARNING, f"{amount(number, 'run card')} cannot be read", "rla fsck names them")


def _holds_rows(run: ObservedRun) -> bool:
    try:
        return has_journal(run.place.path(LOG))
    except OSError:
        return False
