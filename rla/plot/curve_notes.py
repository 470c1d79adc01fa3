"""What a reader of learning curves should know, a sentence each: of runs, of their seeds, of what is shown of arms."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Final

from rla.database.index.entry import UNREADABLE
from rla.plot.reading import left_out
from rla.plot.run_notes import ENDED_WELL, several_of_a_seed, some

if TYPE_CHECKING:
    from rla.plot.arms import Member
    from rla.plot.panels import Panel, Settings
    from rla.plot.reading import RunCurves

__all__ = ["notes_on_curves"]

_WORDS: Final = {"failed": "marked as failed"}


def notes_on_curves(
    members: Sequence[Member], read: Mapping[str, RunCurves], panels: Sequence[Panel], settings: Settings
) -> Iterator[str]:
    """Yield what a reader should know; what is about single runs comes last."""
    yield from _notes_on_statuses(members)
    arms = Counter(experiment for experiment, _ in {(each.experiment.name, each.arm) for each in members})
    if several := sum(number > 1 for number in arms.values()):
        yield f"{several} {'run is' if several == 1 else 'runs are'} in several arms."
    yield from _notes_on_bands(panels)
    yield from several_of_a_seed(((each.arm, each.task, each.seed) for each in members), settings.seed_key)
    yield from left_out(read.values())


def _notes_on_statuses(members: Sequence[Member]) -> Iterator[str]:
    """Yield how many runs have not ended well, and in which arms they are."""
    statuses: dict[str, list[Member]] = {}
    for each in members:
        if each.experiment.status not in ENDED_WELL:
            statuses.setdefault(each.experiment.status, []).append(each)
    for status, found in statuses.items():
        number = len({each.experiment.name for each in found})
        arms = list(dict.fromkeys(f"'{each.arm}'" for each in found))
        why = " (`rla show` says why)" if status == UNREADABLE else ""
        yield f"{number} {'run is' if number == 1 else 'runs are'} {_WORDS.get(status, status)}, in {some(arms)}{why}."


def _notes_on_bands(panels: Sequence[Panel]) -> Iterator[str]:
    """Yield the notes of all bands, equal ones once with whom they are about."""
    about: dict[str, list[str]] = {}
    several_tasks = len({panel.task for panel in panels}) > 1
    several_metrics = len({panel.metric for panel in panels}) > 1
    for panel in panels:
        where = ", ".join([panel.task] * several_tasks + [panel.metric] * several_metrics)
        for arm, band in panel.bands.items():
            for note in band.notes:
                about.setdefault(note, []).append(f"'{arm}'{f' ({where})' if where else ''}")
    everywhere = sum(len(panel.bands) for panel in panels)
    for note, names in about.items():
        yield note if len(names) == everywhere > 1 else f"{some(names)}: {note}"
