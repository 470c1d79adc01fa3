"""Which rows are left behind, whatever was resumed from where: compared with a history that is built row by row."""

from __future__ import annotations

import math

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from rla.output.history import left_behind
from rla.output.resumes import Resume, leads_here, segment_at

steps = st.one_of(st.integers(0, 12), st.just(math.nan), st.floats(0, 12))
"""Few different ones, so that they often meet."""


@st.composite
def runs(draw: st.DrawFn) -> tuple[list[list[float]], list[Resume]]:
    """The steps of each segment, and the resumes between them."""
    segments = draw(st.lists(st.lists(steps, max_size=6), min_size=1, max_size=6))
    resumes = []
    for number in range(1, len(segments)):
        rows = sum(map(len, segments[:number]))
        after = draw(st.integers(0, number - 1))
        resumes.append(Resume(rows, 0, draw(st.integers(0, 12)), after, float(number)))
    return segments, resumes


def history(segments: list[list[float]], resumes: list[Resume], last: int) -> list[tuple[int, int]]:
    """Which rows a run has after a segment, each as segment and place in it, built as the words say it."""
    mine = [(last, place) for place in range(len(segments[last]))]
    if last == 0:
        return mine
    resume = resumes[last - 1]
    first = next((step for step in segments[last] if not math.isnan(step)), math.inf)
    earlier = []
    for segment, place in history(segments, resumes, resume.after):
        step = segments[segment][place]
        if math.isnan(step) or (step <= resume.step and step < first):
            earlier.append((segment, place))
    return earlier + mine


@given(runs())
def test_what_is_kept_is_the_history(run: tuple[list[list[float]], list[Resume]]) -> None:
    segments, resumes = run
    last = max((number for number, rows in enumerate(segments) if rows), default=0)
    places = [(segment, place) for segment, rows in enumerate(segments) for place in range(len(rows))]
    all_steps = np.array([segments[segment][place] for segment, place in places], np.float64)
    left = left_behind(all_steps, resumes, [each.rows for each in resumes])
    kept = [place for place, gone in zip(places, left.tolist(), strict=True) if not gone]
    assert kept == history(segments, resumes, last)


@given(runs())
def test_segments_that_rise_make_a_history_that_rises(run: tuple[list[list[float]], list[Resume]]) -> None:
    segments, resumes = run
    segments = [sorted(step for step in rows if not math.isnan(step)) for rows in segments]
    starts = [sum(map(len, segments[:number])) for number in range(1, len(segments))]
    all_steps = np.array([step for rows in segments for step in rows], np.float64)
    kept = all_steps[~left_behind(all_steps, resumes, starts)]
    assert (np.diff(kept) >= 0).all()


@given(runs(), st.integers(0, 12), st.floats(0, 6))
def test_a_state_leads_here_when_a_row_of_its_step_and_time_would_be_kept(
    run: tuple[list[list[float]], list[Resume]], step: int, saved: float
) -> None:
    _, resumes = run
    segment = segment_at(resumes, saved)
    assert segment == math.floor(min(saved, len(resumes)))
    segments = [[float(step)] if number == segment else [] for number in range(len(resumes) + 1)]
    segments[-1] = segments[-1] or [math.nan]  # it has recorded something
    kept = (segment, 0) in history(segments, resumes, len(resumes))
    assert leads_here(resumes, step, saved) == kept


def test_without_a_resume_all_rows_are_kept() -> None:
    assert not left_behind(np.array([3.0, 1.0, 2.0]), [], []).any()
