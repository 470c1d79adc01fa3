"""The line under a figure: what a reader must know to believe it, as text. What it says is what was computed."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING, Final

from rla.plot.reading import x_label
from rla.plot.statistics.aggregate import Band
from rla.plot.statistics.interval import Way
from rla.plot.statistics.smooth import Smoothing

if TYPE_CHECKING:
    from rla.plot.panels import Curves, Settings

__all__ = ["SHORT_NAMES", "band_text", "caption_of", "estimator_text", "number_range", "sentences"]

SHORT_NAMES: Final = {
    "iqm": "IQM",
    "fractional_iqm": "fractional IQM",
    "optimality_gap": "optimality gap",
}
"""Estimators as they stand at an axis; the others have names of one word."""

_LONG_NAMES: Final = {
    "iqm": "interquartile mean (IQM)",
    "fractional_iqm": "fractional interquartile mean (IQM)",
    "optimality_gap": "optimality gap",
}

_BANDS: Final = {
    "ci": "{level} bootstrap CI (percentiles, B = {draws})",
    "basic": "{level} bootstrap CI (basic, B = {draws})",
    "bca": "{level} bootstrap CI (BCa, B = {draws})",
    "t": "{level} t interval",
    "sem": "± 1 standard error, no {level} interval",
    "std": "± 1 standard deviation (std) of runs, no confidence interval",
    "minmax": "least to greatest run, no confidence interval",
    "tolerance": "tolerance interval, least to greatest run",
    "none": "none",
}

_RANGES: Final = {
    "intersection": "common to the runs of an arm",
    "union": "of any run of an arm",
    "hold": "of any run of an arm; finished runs hold their last value",
}

_MOST_ARMS: Final = 6
"""The numbers of runs of so many arms are listed one by one."""

_MOST_NOTES: Final = 4


def caption_of(curves: Curves, remarks: Iterable[str] = ()) -> str:
    """Return the line under a figure of learning curves.

    Args:
        curves: what is shown.
        remarks: what is only true of the drawing, a sentence each.
    """
    settings = curves.settings
    bands = [band for panel in curves.panels for band in panel.bands.values()]
    parts = [
        _numbers(curves),
        _lines(settings, bands),
        f"x: {_x_text(settings)}.",
        _smoothing_text(settings.smooth, settings.x),
        _normalisation_text(settings),
    ]
    return sentences([*parts, *remarks], curves.notes)


def sentences(parts: Iterable[str], notes: Sequence[str] = ()) -> str:
    """Return the sentences of a caption as one line; of notes the most important, and how many more there are."""
    ordered = sorted(notes, key=lambda note: note.startswith("Run '"))  # what is about single runs comes last
    more = len(ordered) - _MOST_NOTES
    rest = [f"{more} more {'note' if more == 1 else 'notes'}: see .notes."] if more > 0 else []
    return " ".join(" ".join([*filter(None, parts), *ordered[:_MOST_NOTES], *rest]).split())


def number_range(numbers: Iterable[int]) -> str:
    """Return numbers as one text: ``5``, or ``3–5``."""
    found = sorted(set(numbers)) or [0]
    return str(found[0]) if len(found) == 1 else f"{found[0]}–{found[-1]}"


def estimator_text(estimator: str) -> str:
    """Return the name of an estimator as a caption has it."""
    return _LONG_NAMES.get(estimator, estimator)


def band_text(way: Way, shares: Sequence[float] = ()) -> str:
    """Return what a band is, so that no spread is taken for a confidence interval.

    Args:
        way: how it was made.
        shares: of a tolerance interval, the shares of future runs that it covers.
    """
    text = _BANDS[way.band].format(level=_percent(way.level), draws=f"{way.n_boot:,}")
    if way.band == "tolerance" and len(shares):
        low, high = f"{min(shares):.2f}", f"{max(shares):.2f}"
        beta = low if low == high else f"{low} to {high}"
        text += f": at {_percent(way.level)} confidence it covers a share β = {beta} of future runs"
    return text


def _percent(level: float) -> str:
    return f"{100 * level:.10g} %"


def _numbers(curves: Curves) -> str:
    """Return how many runs stand behind the arms."""
    counts = {arm: [len(panel.bands[arm].runs) for panel in curves.panels if arm in panel.bands] for arm in curves.arms}
    each = {arm: number_range(of_arm) for arm, of_arm in counts.items()}
    if len(set(each.values())) == 1 or len(each) > _MOST_ARMS:
        runs = number_range(number for of_arm in counts.values() for number in of_arm)
        where = " and panel" * (len(curves.panels) > 1)
        return f"n = {runs} {'run' if runs == '1' else 'runs'} per arm{where}{_per_task(curves)}."
    return f"n: {', '.join(f'{arm} {number}' for arm, number in each.items())} runs."


def _per_task(curves: Curves) -> str:
    """Return how many runs of each task are pooled, if there are several tasks in a panel."""
    pooled = [Counter(band.tasks) for panel in curves.panels for band in panel.bands.values()]
    if all(len(counts) < 2 for counts in pooled):
        return ""
    return f", {number_range(number for counts in pooled for number in counts.values())} per task"


def _lines(settings: Settings, bands: Sequence[Band]) -> str:
    if all(len(band.runs) < 2 for band in bands):
        return "Lines: the runs; no band."
    line = f"Line: {estimator_text(settings.estimator)}"
    way = Way(settings.estimator, settings.band, settings.level, settings.n_boot)
    if not any(band.has_band for band in bands):
        return f"{line}; no band."  # a note says why, if one was asked for
    shares = [float(share) for band in bands if band.share is not None for share in band.share if share == share]
    return f"{line}; band: {band_text(way, shares)}."


def _x_text(settings: Settings) -> str:
    return f"{x_label(settings.x)} {_RANGES[settings.x_range]}"


def _smoothing_text(how: Smoothing | None, x: str) -> str:
    if how is None:
        return ""
    if how.kind == "trailing":
        window = f"{how.amount:,.10g} {'points' if how.unit == 'points' else x_label(x)}"
        return f"Each run is smoothed first: mean of the last {window} (looks back only)."
    name = "time-weighted" if how.kind == "time-weighted" else "TensorBoard's"
    return f"Each run is smoothed first: {name} exponential average, weight {how.amount:g} (looks back only)."


def _normalisation_text(settings: Settings) -> str:
    if settings.normalize is None:
        return ""
    pairs = [f"{task} {low:,.10g} to {high:,.10g}" for task, (low, high) in settings.normalize.items()]
    listed = ", ".join(pairs[:_MOST_ARMS]) + (f" and {len(pairs) - _MOST_ARMS} more" if len(pairs) > _MOST_ARMS else "")
    return f"Normalised, 0 to 1 stand for: {listed}."
