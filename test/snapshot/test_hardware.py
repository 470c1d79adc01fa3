"""The hardware of a run is told as far as the system tells it, and asking never fails."""

from __future__ import annotations

import json
import os
from collections.abc import Callable, Mapping
from pathlib import Path

import psutil
import pytest

import rla.environment
from rla.environment import hardware


def test_cores_and_memory_are_those_of_the_machine() -> None:
    facts = hardware()
    assert facts["cores"] == len(os.sched_getaffinity(0))
    assert facts["memory_gib"] == pytest.approx(psutil.virtual_memory().total / 2**30, abs=0.06)
    assert os.uname().release in facts["system"]
    assert json.loads(json.dumps(facts)) == facts


def test_the_processor_is_named() -> None:
    named = Path("/proc/cpuinfo").read_text().partition("model name")[2].partition("\n")[0].lstrip("\t :")
    assert not named or hardware()["cpu"] == named.strip()


def test_a_process_that_is_bound_to_a_core_has_one(run_python: Callable[..., object]) -> None:
    program = (
        "import os; os.sched_setaffinity(0, {min(os.sched_getaffinity(0))})\n"
        "from rla.environment import hardware; print(hardware()['cores'])"
    )
    assert run_python(program).stdout == "1\n"  # type: ignore[attr-defined]


@pytest.fixture
def cards(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, make_files: Callable[[Path, Mapping[str, str | bytes]], None]
) -> Callable[..., None]:
    """Give the machine graphics cards: ``cards("NVIDIA H200", "NVIDIA H200")``."""

    def give(*models: str) -> None:
        places = {
            f"gpus/0000:0{number}:00.0/information": f"Model: \t\t {model}\nIRQ:   \t\t 35\nGPU UUID: \t GPU-1\n"
            for number, model in enumerate(models)
        }
        version = "NVRM version: NVIDIA UNIX x86_64 Kernel Module  550.127.05  Tue Oct  8 03:22:07 UTC 2024\nGCC: 1\n"
        make_files(tmp_path / "nvidia", {**places, "version": version})
        monkeypatch.setattr(rla.environment, "_NVIDIA", tmp_path / "nvidia")

    return give


def test_graphics_cards_are_counted_by_their_names(cards: Callable[..., None]) -> None:
    cards("NVIDIA H200", "NVIDIA A100-SXM4-80GB", "NVIDIA H200")
    assert hardware()["gpus"] == ["2 x NVIDIA H200", "NVIDIA A100-SXM4-80GB"]
    assert hardware()["gpu_driver"] == "550.127.05"


def test_a_machine_without_graphics_cards_tells_none(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(rla.environment, "_NVIDIA", tmp_path / "nowhere")
    assert "gpus" not in hardware()
    assert "gpu_driver" not in hardware()


def test_the_driver_of_open_kernel_modules_is_told_too(cards: Callable[..., None], tmp_path: Path) -> None:
    cards("NVIDIA H200")
    (tmp_path / "nvidia" / "version").write_text(
        "NVRM version: NVIDIA UNIX Open Kernel Module for x86_64  570.86.15  Release Build  (dvs-builder@U16)\n"
    )
    assert hardware()["gpu_driver"] == "570.86.15"


def test_a_card_that_tells_nothing_harms_nobody(cards: Callable[..., None], tmp_path: Path) -> None:
    cards("NVIDIA H200")
    (tmp_path / "nvidia" / "gpus" / "0000:01:00.0").mkdir()
    (tmp_path / "nvidia" / "version").unlink()
    facts = hardware()
    assert "NVIDIA H200" in facts["gpus"]
    assert not facts.get("gpu_driver")


def test_files_of_the_system_that_cannot_be_read_are_left_out(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(path: Path, **options: object) -> str:
        raise PermissionError(13, "Permission denied", str(path))

    monkeypatch.setattr(Path, "read_text", refuse)
    monkeypatch.setattr(rla.environment, "_NVIDIA", tmp_path / "nowhere")
    facts = hardware()
    assert facts["cores"] > 0
    assert facts["memory_gib"] > 0


def test_a_system_without_proc_harms_nobody(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(psutil, "PROCFS_PATH", str(tmp_path / "proc"))
    monkeypatch.setattr(rla.environment, "_NVIDIA", tmp_path / "proc" / "driver" / "nvidia")
    assert hardware()["cores"] > 0
