"""The cards are those that CUDA shows to the process, numbered as the process sees them."""

from __future__ import annotations

import pytest

from rla.monitor.visible_devices import visible_devices

A, B, C = "GPU-8932f937-d72c-4106-c12f-20bd9faed9f6", "GPU-8932aaaa-0000", "GPU-1111"
MIG = "MIG-c6d4f1ef-42e4-5de3-91c7-45d71c87eb3f"


@pytest.mark.parametrize(
    ("asked", "visible"),
    [
        (None, [0, 1, 2]),
        ("", []),
        ("0", [0]),
        ("2,1", [2, 1]),
        (" 2 , 0 ", [2, 0]),
        ("0,2,-1,1", [0, 2]),  # the example of the CUDA programming guide
        ("-1", []),
        ("3", []),
        ("0,3,1", [0]),
        ("0,,1", [0]),
        ("0,x", [0]),
        ("NoDevFiles", []),
        ("none", []),
        (A, [0]),
        ("GPU-8932f937", [0]),
        ("GPU-8932", []),  # two begin like that
        ("GPU-1,GPU-8932f", [2, 0]),
        ("GPU-2", []),
        ("GPU-1111,0", [2, 0]),
        ("0,0", []),
        ("0,GPU-8932f937", []),
        (MIG, [MIG]),
        (f"{MIG},0", [MIG, 0]),
        ("²", []),
        ("9" * 5000, []),
    ],
)
def test_the_variable_is_read_as_cuda_reads_it(asked: str | None, visible: list[int | str]) -> None:
    assert visible_devices([A, B, C], asked) == visible


def test_a_machine_without_cards_shows_none() -> None:
    assert visible_devices([], None) == []
    assert visible_devices([], "0") == []
