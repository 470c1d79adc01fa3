"""Rounds of several ends go side by side: one that fails holds up no other, and is told of once, until it is back."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path

import pytest

from rla.database.trees import ExperimentPlace
from rla.errors import LoginRefusedError, UnreachableError
from rla.sync.by_hand.choosing import name_of
from rla.sync.by_hand.rounds import End
from rla.sync.by_hand.transfers import Transfer
from rla.sync.by_hand.watching import News, _Episodes, one_round, watch
from rla.sync.report import SyncReport

NAMES = ("13-05-01-000001_10.0.0.1_&lr=0.1", "13-05-02-000001_10.0.0.1_&lr=0.2")


class Scripted(Transfer):
    """A transfer that does what it is told to: each round raises an error, or moves some experiments."""

    def __init__(self, script: list[Exception | set[str]]) -> None:
        super().__init__(Path("/data"), ["log"], "scripted")
        self.script = script
        self.step: set[str] = set()
        self.looked_at: list[list[str]] = []
        self.closed = 0

    def plan(self, places: Sequence[ExperimentPlace]) -> dict[str, int]:
        return {}

    def close(self) -> None:
        self.closed += 1

    def listed(self) -> list[ExperimentPlace]:
        self.looked_at.append([])
        step = self.script.pop(0) if self.script else set()
        if isinstance(step, Exception):
            raise step
        self.step = step
        return [ExperimentPlace(self.data_root, "demo", "2026/11/20", name) for name in NAMES]

    def _move(self, place: ExperimentPlace, trees: tuple[str, ...], until: float | None) -> None:
        self.looked_at[-1].append(place.index_name[6:8])
        if place.index_name[6:8] in self.step:
            self.report.moved.append(f"log/{name_of(place)}/progress.csv")
            self.travelled[self.report.moved[-1]] = 10


class ScriptedEnd(End):
    """An end whose rounds are in a script."""

    def __init__(self, address: str, *script: Exception | set[str]) -> None:
        super().__init__(address)
        self.transfer = Scripted(list(script))

    def _transfer(self) -> Transfer:
        return self.transfer

    def _places(self, transfer: Transfer) -> Iterable[ExperimentPlace]:
        return self.transfer.listed()

    def _is_live(self, place: ExperimentPlace) -> bool:
        return False

    def _before(self, places: Sequence[ExperimentPlace], report: SyncReport) -> None:
        pass


def news_of(ends: Sequence[End], enough: Callable[[list[News]], bool]) -> list[News]:
    """Watch until there is enough news."""
    stop, told = threading.Event(), list[News]()

    def tell(news: News) -> None:
        told.append(news)
        if enough(told):
            stop.set()

    watch(ends, 0.001, tell, stop)
    return told


def test_a_silent_end_holds_up_no_other_and_is_told_of_once() -> None:
    silent = ScriptedEnd("gpu1", *(UnreachableError("no answer") for _ in range(4)), {"01"})
    busy = ScriptedEnd("gpu2", *({"01"} for _ in range(5)))
    told = news_of(
        [silent, busy],
        lambda told: any(each.is_back for each in told) and [each.address for each in told].count("gpu2") >= 5,
    )
    errors = [each for each in told if each.error is not None]
    assert [(each.address, str(each.error)) for each in errors] == [("gpu1", "no answer")]
    assert [bool(each.moved) for each in told if each.is_back] == [True]
    assert [len(each.moved) for each in told if each.address == "gpu2"] == [1] * 5


def test_of_the_first_round_people_hear_and_then_of_what_is_new() -> None:
    end = ScriptedEnd("gpu1", set(), set(), {"02"}, set())
    told = news_of([end], lambda told: len(told) == 2)
    assert [sorted(each.moved) for each in told] == [[], [f"log/demo/2026/11/20/{NAMES[1]}/progress.csv"]]


def test_what_does_not_change_is_looked_at_ever_more_seldom() -> None:
    end = ScriptedEnd("gpu1", *({"01"} for _ in range(9)))
    for _ in range(9):
        end.round()
    looked = end.transfer.looked_at
    assert [("01" in each, "02" in each) for each in looked] == [
        *((True, number in (1, 3, 7)) for number in range(1, 10)),
    ]


def test_a_connection_that_was_kept_and_is_cut_is_made_anew_at_once() -> None:
    end = ScriptedEnd("gpu1", {"01"}, UnreachableError("cut"), {"02"})
    end.round()
    _, moved = end.round()
    assert len(moved) == 1
    end.close()
    assert end.transfer.closed == 1


def test_one_that_was_not_kept_is_not_tried_twice() -> None:
    end = ScriptedEnd("gpu1", UnreachableError("no answer"), {"01"})
    with pytest.raises(UnreachableError):
        end.round()
    assert end.transfer.closed == 1


def test_what_the_listener_raises_ends_the_watch() -> None:
    def closed(news: News) -> None:
        raise BrokenPipeError("the terminal is gone")

    with pytest.raises(BrokenPipeError):
        watch([ScriptedEnd("gpu1", {"01"}), ScriptedEnd("gpu2", {"01"})], 0.001, closed, threading.Event())


def test_one_round_tells_of_all_ends_in_their_order() -> None:
    class Broken(ScriptedEnd):
        def _places(self, transfer: Transfer) -> Iterable[ExperimentPlace]:
            raise ZeroDivisionError("a transport of another hand")

    news = one_round([ScriptedEnd("gpu1", {"01"}), Broken("gpu2"), ScriptedEnd("gpu3", UnreachableError("no answer"))])
    assert [each.address for each in news] == ["gpu1", "gpu2", "gpu3"]
    assert [None if each.error is None else str(each.error) for each in news] == [
        *(None, "ZeroDivisionError: a transport of another hand", "no answer"),
    ]


def test_who_is_silent_is_tried_more_seldom_and_who_refuses_us_seldom_at_once() -> None:
    episodes = _Episodes()
    waits = []
    for _ in range(8):
        episodes.new_in(News("gpu1", error=UnreachableError("no answer")))
        waits.append(episodes.wait(30.0))
    assert waits == [30.0, 60.0, 120.0, 240.0, 480.0, 600.0, 600.0, 600.0]
    assert episodes.new_in(News("gpu1", error=LoginRefusedError("wrong key"))) is not None
    assert episodes.wait(30.0) == 600.0
    back = episodes.new_in(News("gpu1"))
    assert back is not None
    assert (back.is_back, episodes.wait(30.0)) == (True, 30.0)


def test_a_problem_of_a_file_is_told_once() -> None:
    episodes = _Episodes()
    episodes.new_in(News("gpu1"))
    assert episodes.new_in(News("gpu1", problems={"log/a": "no permission"})) is not None
    assert episodes.new_in(News("gpu1", problems={"log/a": "no permission"})) is None
    assert episodes.new_in(News("gpu1", problems={"log/a": "no permission", "log/b": "disk full"})) == News(
        "gpu1", problems={"log/b": "disk full"}
    )
