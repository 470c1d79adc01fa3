"""Through NVML: what a card does not support is left out, one that is lost is told of once, the others go on."""

from __future__ import annotations

import sys
from collections.abc import Callable
from types import ModuleType, SimpleNamespace
from typing import Any

import pytest

CODES = {
    "INVALID_ARGUMENT": 2,
    "NOT_SUPPORTED": 3,
    "NO_PERMISSION": 4,
    "DRIVER_NOT_LOADED": 9,
    "LIBRARY_NOT_FOUND": 12,
    "FUNCTION_NOT_FOUND": 13,
    "GPU_IS_LOST": 15,
    "LIB_RM_VERSION_MISMATCH": 18,
}
"""Of NVML's reference, "nvmlReturn_t"."""


class Nvml(ModuleType):
    """A module like pynvml over cards that the test describes: answers by function, or the name of an error."""

    def __init__(self, cards: dict[str, dict[str, Any]], parts: dict[str, dict[str, Any]] | None = None) -> None:
        super().__init__("pynvml")
        self.cards, self.parts = cards, parts or {}
        self.users = 0
        self.init_error: str | None = None
        self.NVML_TEMPERATURE_GPU = 0
        self.nvmlMemory_v2 = 0x02000028
        for name, code in CODES.items():
            setattr(self, f"NVML_ERROR_{name}", code)

        class NVMLError(Exception):
            def __init__(self, name: str) -> None:
                super().__init__(name)
                self.value = CODES[name]

        self.NVMLError = NVMLError

    def answer(self, card: dict[str, Any], function: str) -> Any:
        assert self.users, "NVML is asked before nvmlInit or after nvmlShutdown"
        value = card[function]
        if isinstance(value, str) and value in CODES:
            raise self.NVMLError(value)
        return value

    def nvmlInit(self) -> None:  # noqa: N802
        if self.init_error is not None:
            raise self.NVMLError(self.init_error)
        self.users += 1

    def nvmlShutdown(self) -> None:  # noqa: N802
        self.users -= 1

    def nvmlDeviceGetCount(self) -> int:  # noqa: N802
        return len(self.cards)

    def nvmlDeviceGetHandleByIndex(self, index: int) -> dict[str, Any]:  # noqa: N802
        card = list(self.cards.values())[index]
        self.answer(card, "handle")
        return card

    def nvmlDeviceGetHandleByUUID(self, uuid: str) -> dict[str, Any]:  # noqa: N802
        if uuid not in self.parts:
            raise self.NVMLError("INVALID_ARGUMENT")
        return self.parts[uuid]

    def nvmlDeviceGetUUID(self, card: dict[str, Any]) -> str | bytes:  # noqa: N802
        return next(uuid for uuid, other in self.cards.items() if other is card)

    def nvmlDeviceGetMemoryInfo(self, card: dict[str, Any], version: int | None = None) -> Any:  # noqa: N802
        if version is None:
            return SimpleNamespace(used=self.answer(card, "memory_v1"))
        allocated = self.answer(card, "memory")
        return SimpleNamespace(total=100e9, free=99e9 - allocated, reserved=1e9, used=allocated + 1e9)

    def nvmlDeviceGetUtilizationRates(self, card: dict[str, Any]) -> Any:  # noqa: N802
        return SimpleNamespace(gpu=self.answer(card, "utilization"), memory=1)

    def nvmlDeviceGetTemperature(self, card: dict[str, Any], sensor: int) -> int:  # noqa: N802
        assert sensor == 0
        return int(self.answer(card, "temperature"))

    def nvmlDeviceGetPowerUsage(self, card: dict[str, Any]) -> int:  # noqa: N802
        return int(self.answer(card, "power"))


def card(**answers: Any) -> dict[str, Any]:
    usual = {"handle": "", "memory": 2e9, "utilization": 80, "temperature": 50, "power": 300_500}
    return {**usual, "memory_v1": "FUNCTION_NOT_FOUND", **answers}


@pytest.fixture
def sample(monitor: Callable[..., Any], heard: Any, until: Any, monkeypatch: pytest.MonkeyPatch) -> Any:
    """Let a monitor sample twice through a module, and return what it has recorded of the cards."""

    def run(nvml: Nvml) -> dict[str, float]:
        monkeypatch.setitem(sys.modules, "pynvml", nvml)
        one = monitor()
        until(lambda: heard.count("system/disk_percent") >= 3, "two samples and the beginning of a third")
        one.stop()
        until(lambda: nvml.users == 0, "nvmlShutdown")
        return {key.removeprefix("system/"): value for key, value in heard.records if "gpu" in key}

    return run


def test_a_card(sample: Any, heard: Any) -> None:
    assert sample(Nvml({"GPU-a": card()})) == {
        "gpu0/memory_gb": 2.0,
        "gpu0/utilization_percent": 80.0,
        "gpu0/temperature_celsius": 50.0,
        "gpu0/power_watts": 300.5,
    }
    assert heard.warnings == []


def test_those_that_the_process_may_see_count(sample: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CUDA_VISIBLE_DEVICES", "GPU-c,0")
    values = sample(Nvml({"GPU-a": card(power=1000), "GPU-b": card(power=2000), "GPU-c": card(power=3000)}))
    assert {key: value for key, value in values.items() if "power" in key} == {
        "gpu0/power_watts": 3.0,
        "gpu1/power_watts": 1.0,
    }


def test_cards_that_are_closed_to_this_user_have_no_number(sample: Any, heard: Any) -> None:
    values = sample(Nvml({"GPU-a": card(handle="NO_PERMISSION"), "GPU-b": card(power=2000)}))
    assert values["gpu0/power_watts"] == 2.0
    assert not [key for key in values if key.startswith("gpu1")]
    assert heard.warnings == []


@pytest.mark.parametrize("error", ["NOT_SUPPORTED", "NO_PERMISSION", "FUNCTION_NOT_FOUND", "INVALID_ARGUMENT"])
def test_what_a_card_does_not_support_is_left_out(sample: Any, heard: Any, error: str) -> None:
    values = sample(Nvml({"GPU-a": card(utilization=error, power=error)}))
    assert values.keys() == {"gpu0/memory_gb", "gpu0/temperature_celsius"}
    assert heard.warnings == []


def test_a_part_of_a_card_tells_its_memory(sample: Any, heard: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CUDA_VISIBLE_DEVICES", "MIG-x")
    part = card(memory=1e9, utilization="NOT_SUPPORTED", temperature="INVALID_ARGUMENT", power="NOT_SUPPORTED")
    assert sample(Nvml({"GPU-a": card()}, {"MIG-x": part})) == {"gpu0/memory_gb": 1.0}
    assert heard.warnings == []


def test_a_card_that_is_lost_is_told_of_once_and_the_others_go_on(sample: Any, heard: Any) -> None:
    lost = dict.fromkeys(("memory", "memory_v1", "utilization", "temperature", "power"), "GPU_IS_LOST")
    values = sample(Nvml({"GPU-a": card(**lost), "GPU-b": card(handle="GPU_IS_LOST"), "GPU-c": card()}))
    assert {key.partition("/")[0] for key in values} == {"gpu2"}
    assert len(values) == 4
    assert [warning.partition(" could")[0] for warning in heard.warnings] == [
        "system metrics: gpu0",
        "system metrics: gpu1",
    ]


def test_older_drivers_and_packages_tell_the_memory_in_their_way(sample: Any) -> None:
    nvml = Nvml({"GPU-a": card(memory="FUNCTION_NOT_FOUND", memory_v1=3e9), b"GPU-b": card(memory_v1=4e9)})  # type: ignore[dict-item]
    assert sample(nvml)["gpu0/memory_gb"] == 3.0


def test_older_packages_know_one_kind_of_memory_and_give_bytes(sample: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    nvml = Nvml({b"GPU-a": card(memory_v1=3e9)})  # type: ignore[dict-item]
    del nvml.nvmlMemory_v2
    monkeypatch.setenv("CUDA_VISIBLE_DEVICES", "GPU-a")
    assert sample(nvml)["gpu0/memory_gb"] == 3.0


@pytest.mark.parametrize("error", ["DRIVER_NOT_LOADED", "LIBRARY_NOT_FOUND"])
def test_a_machine_without_the_driver_is_no_failure(sample: Any, heard: Any, error: str) -> None:
    nvml = Nvml({})
    nvml.init_error = error
    assert sample(nvml) == {}
    assert heard.warnings == []


def test_a_driver_in_trouble_is_told_of_once(sample: Any, heard: Any) -> None:
    nvml = Nvml({"GPU-a": card()})
    nvml.init_error = "LIB_RM_VERSION_MISMATCH"
    assert sample(nvml) == {}
    (warning,) = heard.warnings
    assert "graphics cards could not be sampled (NVMLError: LIB_RM_VERSION_MISMATCH)" in warning


def test_a_process_that_may_see_no_card_does_not_ask(sample: Any, heard: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CUDA_VISIBLE_DEVICES", "")
    nvml = Nvml({"GPU-a": card()})
    nvml.init_error = "LIB_RM_VERSION_MISMATCH"
    assert sample(nvml) == {}
    assert heard.warnings == []
