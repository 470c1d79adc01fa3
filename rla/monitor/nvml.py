"""Graphics cards through NVML, the library of NVIDIA's driver (package nvidia-ml-py, module pynvml)."""

from __future__ import annotations

import contextlib
import functools
from collections.abc import Callable, Mapping
from typing import Any, Final

from rla.monitor.sources import BYTES_IN_GB, Sources
from rla.monitor.visible_devices import visible_devices

__all__ = ["nvml_sources"]


def _memory_gb(nvml: Any, handle: Any) -> float:
    """Return what is allocated on the card, by all processes; older drivers count their own reserve, too."""
    try:
        memory = nvml.nvmlDeviceGetMemoryInfo(handle, version=nvml.nvmlMemory_v2)
        return float(memory.total - memory.free - memory.reserved) / BYTES_IN_GB
    except (AttributeError, TypeError, nvml.NVMLError):  # the package or the driver knows the first version only
        return float(nvml.nvmlDeviceGetMemoryInfo(handle).used) / BYTES_IN_GB


def _utilization_percent(nvml: Any, handle: Any) -> float:
    return float(nvml.nvmlDeviceGetUtilizationRates(handle).gpu)


def _temperature_celsius(nvml: Any, handle: Any) -> float:
    return float(nvml.nvmlDeviceGetTemperature(handle, nvml.NVML_TEMPERATURE_GPU))


def _power_watts(nvml: Any, handle: Any) -> float:
    return nvml.nvmlDeviceGetPowerUsage(handle) / 1000  # type: ignore[no-any-return]


QUERIES: Final[dict[str, Callable[[Any, Any], float]]] = {
    "memory_gb": _memory_gb,
    "utilization_percent": _utilization_percent,
    "temperature_celsius": _temperature_celsius,
    "power_watts": _power_watts,
}


def nvml_sources(asked: str | None, cleanup: contextlib.ExitStack) -> Sources | None:
    """Return what samples the cards of this process.

    Args:
        asked: the value of ``CUDA_VISIBLE_DEVICES``; None where it is not set.
        cleanup: gets what ends the use of NVML.

    Returns:
        A source for each metric of each card; None where there is no pynvml, or no driver.

    Raises:
        pynvml.NVMLError: the driver is there and cannot be asked.
    """
    try:
        import pynvml as nvml
    except ImportError:
        return None
    try:
        nvml.nvmlInit()
    except nvml.NVMLError as error:
        if error.value in (nvml.NVML_ERROR_LIBRARY_NOT_FOUND, nvml.NVML_ERROR_DRIVER_NOT_LOADED):
            return None
        raise
    cleanup.callback(_shut_down, nvml)
    uuids = _uuids(nvml)
    sources: Sources = []
    for number, device in enumerate(visible_devices(list(uuids), asked)):
        if isinstance(device, str):
            find = functools.partial(nvml.nvmlDeviceGetHandleByUUID, device)
        else:
            find = functools.partial(nvml.nvmlDeviceGetHandleByIndex, list(uuids.values())[device])
        name = f"gpu{number}"
        sources += [
            (name, functools.partial(_sample, nvml, find, f"{name}/{key}", query)) for key, query in QUERIES.items()
        ]
    return sources


def _sample(nvml: Any, find: Callable[[], Any], key: str, query: Callable[[Any, Any], float]) -> Mapping[str, float]:
    try:
        return {key: query(nvml, find())}
    except nvml.NVMLError as error:
        if error.value in (
            nvml.NVML_ERROR_NOT_SUPPORTED,  # a part of a card has no utilisation of its own
            nvml.NVML_ERROR_INVALID_ARGUMENT,
            nvml.NVML_ERROR_NO_PERMISSION,
            nvml.NVML_ERROR_FUNCTION_NOT_FOUND,
        ):
            return {}
        raise


def _uuids(nvml: Any) -> dict[str, int]:
    """Return the UUIDs of the cards with their indices; a card that is closed to this user does not count."""
    found: dict[str, int] = {}
    for index in range(nvml.nvmlDeviceGetCount()):
        try:
            uuid = nvml.nvmlDeviceGetUUID(nvml.nvmlDeviceGetHandleByIndex(index))
        except nvml.NVMLError as error:
            if error.value == nvml.NVML_ERROR_NO_PERMISSION:
                continue
            uuid = f"card {index}"  # it keeps its number; what is wrong is told when it is sampled
        found[uuid if isinstance(uuid, str) else uuid.decode()] = index  # bytes in older versions of the package
    return found


def _shut_down(nvml: Any) -> None:
    with contextlib.suppress(nvml.NVMLError):
        nvml.nvmlShutdown()
