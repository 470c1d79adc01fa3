"""`print_large_memory_variable` shows the largest variables around its call, by name and size."""

from __future__ import annotations

import functools
import re
import weakref
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest
import torch
from dotmap import DotMap
from RLA.trackers.memory_used_recorder import print_large_memory_variable

from rla import exp_manager
from rla.compat import memory_used_recorder

MEBIBYTE = 1 << 20


def in_a_thread(test: Callable[..., None]) -> Callable[..., None]:
    """Let a test begin a stack of its own: below its frame there are not those of pytest, which see all other tests."""

    @functools.wraps(test)
    def run(*arguments: Any, **keywords: Any) -> None:
        with ThreadPoolExecutor(1) as pool:
            pool.submit(test, *arguments, **keywords).result()

    return run


@pytest.fixture
def shown(capsys: pytest.CaptureFixture[str]) -> Callable[[], dict[str, tuple[float, str, str]]]:
    """Size in MiB, class and place of what was shown, by name, in its order."""

    def read() -> dict[str, tuple[float, str, str]]:
        lines = re.findall(r"^ *([\d.]+) MiB  (\S+) \((\S+), in (.*)\)$", capsys.readouterr().out, flags=re.M)
        return {name: (float(size), kind, place) for size, name, kind, place in lines}

    return read


@in_a_thread
def test_arrays_and_tensors_are_shown_with_their_data(shown: Callable) -> None:
    array = np.zeros(64 * MEBIBYTE, dtype=np.uint8)
    tensor = torch.zeros(32 * MEBIBYTE, dtype=torch.uint8)
    print_large_memory_variable()
    found = shown()
    assert list(found)[:2] == ["array", "tensor"]
    assert found["array"][0] == pytest.approx(64.0, rel=0.01)
    assert found["array"][1:] == ("ndarray", f"{test_arrays_and_tensors_are_shown_with_their_data.__name__}()")
    assert found["tensor"][:2] == (pytest.approx(32.0, rel=0.01), "Tensor")
    assert len(array) > len(tensor)


@in_a_thread
def test_what_an_object_contains_counts_for_it(shown: Callable) -> None:
    class Slots:
        __slots__ = ("batch",)

    slots = Slots()
    slots.batch = bytes(24 * MEBIBYTE)
    buffer = {"a": [SimpleNamespace(batch=np.zeros(MEBIBYTE)) for _ in range(4)]}
    print_large_memory_variable()
    found = shown()
    assert found["buffer"][:2] == (pytest.approx(32.0, rel=0.01), "dict")
    assert found["slots"][:2] == (pytest.approx(24.0, rel=0.01), "Slots")
    assert buffer


@in_a_thread
def test_variables_of_callers_are_shown_and_what_is_shared_counts_once(shown: Callable) -> None:
    def inside(again: Any) -> None:
        print_large_memory_variable()

    data = np.zeros(40 * MEBIBYTE, dtype=np.uint8)
    other = np.zeros(30 * MEBIBYTE, dtype=np.uint8)
    inside(data)
    found = shown()
    assert found["again"][2] == "inside()"
    assert "data" not in found
    assert found["other"][2].startswith("test_variables")
    assert len(other)


@in_a_thread
def test_ten_are_shown(shown: Callable) -> None:
    a, b, c, d, e, f, g, h, i, j, k = (bytes(MEBIBYTE * number) for number in range(60, 71))
    print_large_memory_variable()
    assert list(shown()) == list("kjihgfedcb")
    assert len(a) < len(b) < len(c) < len(d) < len(e) < len(f) < len(g) < len(h) < len(i) < len(j) < len(k)


def test_global_variables_of_a_script_are_shown(run_python: Callable[..., Any]) -> None:
    done = run_python(
        "from RLA.trackers.memory_used_recorder import print_large_memory_variable\n"
        "buffer = bytearray(50 << 20)\nprint_large_memory_variable()"
    )
    assert done.returncode == 0, done.stderr
    assert "50.000 MiB  buffer (bytearray, in module __main__)" in done.stdout


@in_a_thread
def test_the_manager_shows_them_as_text_of_its_experiment(start: Callable[..., None]) -> None:
    start(lr=0.1)
    buffer = bytes(80 * MEBIBYTE)
    exp_manager.print_large_memory_variable()
    log_dir = exp_manager.log_dir
    exp_manager.finish()
    text = Path(log_dir, "log.txt").read_text()
    assert re.search(r"The largest variables:\n +80\.000 MiB  buffer \(bytes, in test_the_manager", text)
    assert len(buffer) == 80 * MEBIBYTE


@in_a_thread
def test_objects_that_raise_when_they_are_looked_at_stop_nothing(shown: Callable) -> None:
    class Hostile:
        def __getattribute__(self, name: str) -> Any:
            raise RuntimeError(name)

        def __sizeof__(self) -> int:
            raise RuntimeError("never")

    hostile, dead = [Hostile()], weakref.proxy(Hostile())  # what it refers to is gone
    itself: list[Any] = []
    itself.append(itself)
    large = bytes(50 * MEBIBYTE)
    print_large_memory_variable()
    assert "large" in shown()
    assert len(hostile) == len(itself) == len([dead]) == 1
    assert len(large) == 50 * MEBIBYTE


def test_a_search_that_is_too_long_says_so(
    shown: Callable, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(memory_used_recorder, "LARGEST_SEARCH", 1000)
    many = [float(number) for number in range(100_000)]
    print_large_memory_variable()
    assert "as far as 1000 objects show:" in capsys.readouterr().out
    assert len(many) == 100_000


@in_a_thread
def test_objects_that_make_whatever_they_are_asked_for_stay_as_they_are() -> None:
    settings = DotMap(a=1, b=DotMap(c=[1, 2]))
    print_large_memory_variable()
    assert settings.toDict() == {"a": 1, "b": {"c": [1, 2]}}
