"""Without the package for NVML, the program nvidia-smi tells what the cards do."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from rla import exp_manager, logger
from rla.monitor import nvidia_smi as program

Answers = Callable[[str], Path]

ONE_CARD = "GPU-aaaa1111-0000, 1000, 50, 40, 100.50\n"
TWO_CARDS = ONE_CARD + "GPU-bbbb2222-0000, 2000, 75, 60, 200.00\n"
"""What nvidia-smi answers: UUID, memory in MiB, utilisation, temperature, power."""

MIB = 2**20 / 1e9


def gpu_values(heard: Any) -> dict[str, float]:
    return {key.removeprefix("system/"): value for key, value in heard.records if "gpu" in key}


@pytest.fixture
def sampled_twice(monitor: Callable[..., Any], heard: Any, until: Any) -> Callable[[], dict[str, float]]:
    """Let a monitor sample twice, and return what it has recorded of the cards."""

    def sample() -> dict[str, float]:
        monitor()
        until(lambda: heard.count("system/disk_percent") >= 3, "two samples and the beginning of a third")
        return gpu_values(heard)

    return sample


def test_one_card(answers: Answers, sampled_twice: Callable[[], dict[str, float]], heard: Any) -> None:
    answers(ONE_CARD)
    assert sampled_twice() == {
        "gpu0/memory_gb": 1000 * MIB,
        "gpu0/utilization_percent": 50.0,
        "gpu0/temperature_celsius": 40.0,
        "gpu0/power_watts": 100.5,
    }
    assert heard.warnings == []


def test_they_are_in_the_rows_of_an_experiment(answers: Answers, start: Callable[..., None], sampled: Any) -> None:
    answers(ONE_CARD)
    exp_manager.track_system(every=1000)
    start(lr=0.1)
    assert sampled("system/gpu0/power_watts")["system/gpu0/utilization_percent"] == 50
    logger.flush()
    with open(exp_manager.log_dir + "progress.csv") as stream:
        assert "system/gpu0/memory_gb" in stream.readline().split(",")


@pytest.mark.parametrize(
    ("visible", "memory"),
    [
        (None, {"gpu0/memory_gb": 1000 * MIB, "gpu1/memory_gb": 2000 * MIB}),
        ("1", {"gpu0/memory_gb": 2000 * MIB}),
        ("1,0", {"gpu0/memory_gb": 2000 * MIB, "gpu1/memory_gb": 1000 * MIB}),
        ("GPU-bbbb", {"gpu0/memory_gb": 2000 * MIB}),
        ("MIG-cccc,1", {"gpu1/memory_gb": 2000 * MIB}),
        ("", {}),
        ("-1", {}),
    ],
)
def test_of_two_cards_those_count_that_the_process_may_see(
    answers: Answers,
    sampled_twice: Callable[[], dict[str, float]],
    monkeypatch: pytest.MonkeyPatch,
    visible: str | None,
    memory: dict[str, float],
) -> None:
    if visible is not None:
        monkeypatch.setenv("CUDA_VISIBLE_DEVICES", visible)
    answers(TWO_CARDS)
    assert {key: value for key, value in sampled_twice().items() if "memory" in key} == memory


def test_what_a_card_does_not_tell_is_left_out(
    answers: Answers, sampled_twice: Callable[[], dict[str, float]], heard: Any
) -> None:
    answers("GPU-aaaa, 512, [N/A], 33, [Insufficient Permissions]\nGPU-bbbb, [N/A], N/A, [Unknown Error], 70.0\n")
    assert sampled_twice() == {
        "gpu0/memory_gb": 512 * MIB,
        "gpu0/temperature_celsius": 33.0,
        "gpu1/power_watts": 70.0,
    }
    assert heard.warnings == []


@pytest.mark.parametrize("text", ["", "No devices were found\n", "a, b, c, d, e\n", "GPU-aaaa, 1\n", "\x00\n,,,,\n"])
def test_an_answer_of_another_kind_is_no_card(
    answers: Answers, sampled_twice: Callable[[], dict[str, float]], heard: Any, text: str
) -> None:
    answers(text)
    assert sampled_twice() == {}
    assert heard.warnings == []


def test_lines_of_another_kind_beside_cards_do_not_count(
    answers: Answers, sampled_twice: Callable[[], dict[str, float]]
) -> None:
    answers("WARNING: infoROM is corrupted, a, b, c, d\n" + TWO_CARDS)
    assert sampled_twice()["gpu1/power_watts"] == 200


@pytest.mark.parametrize(
    ("script", "said"),
    [
        (
            "echo; echo 'Failed to initialize NVML:\tmismatch'; exit 18",
            r"exit code 18: Failed to initialize NVML:\tmis",
        ),
        ("echo 'not allowed' >&2; exit 4", "exit code 4: not allowed"),
        ("exit 1", "exit code 1: it said nothing"),
        ("kill -9 $$", "exit code -9: it said nothing"),
    ],
)
def test_a_program_that_fails_is_told_of_once(
    nvidia_smi: Answers, sampled_twice: Callable[[], dict[str, float]], heard: Any, script: str, said: str
) -> None:
    nvidia_smi(script)
    assert sampled_twice() == {}
    (warning,) = heard.warnings
    assert warning.startswith("system metrics: nvidia-smi could not be sampled (")
    assert said in warning


@pytest.mark.parametrize("content", ["#!/no/such/interpreter\n", "\x7fELF\x00\x00"])
def test_a_program_that_cannot_be_started_is_told_of_once(
    nvidia_smi: Answers, sampled_twice: Callable[[], dict[str, float]], heard: Any, content: str
) -> None:
    nvidia_smi("").write_text(content)
    assert sampled_twice() == {}
    assert len(heard.warnings) == 1


def test_one_that_fails_for_a_while_is_asked_again(
    nvidia_smi: Answers, monitor: Callable[..., Any], heard: Any, until: Any, tmp_path: Path
) -> None:
    nvidia_smi(f"[ -e {tmp_path}/well ] || exit 15\necho '{ONE_CARD.strip()}'")
    monitor()
    until(lambda: heard.warnings, "a warning")
    (tmp_path / "well").touch()
    until(lambda: gpu_values(heard), "a card")
    assert len(heard.warnings) == 1


@pytest.mark.parametrize("code", [6, 9, 12])
def test_a_machine_without_a_card_or_driver_is_no_failure(
    nvidia_smi: Answers, sampled_twice: Callable[[], dict[str, float]], heard: Any, tmp_path: Path, code: int
) -> None:
    nvidia_smi(f"echo called >> {tmp_path}/calls; echo 'no driver'; exit {code}")
    assert sampled_twice() == {}
    assert heard.warnings == []
    assert (tmp_path / "calls").read_text() == "called\n"


def test_one_that_hangs_is_ended_told_of_once_and_not_asked_again(
    nvidia_smi: Answers,
    sampled_twice: Callable[[], dict[str, float]],
    heard: Any,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    until: Any,
) -> None:
    monkeypatch.setattr(program, "LONGEST_RUN", 0.5)
    nvidia_smi(f"echo $$ >> {tmp_path}/calls; sleep 1000 & echo $! >> {tmp_path}/calls; wait")
    assert sampled_twice() == {}
    (warning,) = heard.warnings
    assert "no answer within 0.5 s; it is not asked again" in warning
    processes = [int(line) for line in (tmp_path / "calls").read_text().split()]
    assert len(processes) == 2
    until(lambda: not any(_lives(pid) for pid in processes), "the end of the program and of what it has started")


def _lives(pid: int) -> bool:
    try:
        with open(f"/proc/{pid}/stat") as stream:
            return stream.read().rpartition(")")[2].split()[0] != "Z"
    except FileNotFoundError:
        return False


def test_ctrl_c_in_the_terminal_does_not_reach_it(nvidia_smi: Answers, tmp_path: Path) -> None:
    nvidia_smi(f"ps -o pgid= -p $$ > {tmp_path}/group; echo '{ONE_CARD.strip()}'")
    found = program.NvidiaSmi.find(None)
    assert found is not None
    found.sample()
    assert int((tmp_path / "group").read_text()) != os.getpgrp()
