"""On a machine with a card of NVIDIA: what it does is recorded, and CUDA stays out of the process that records.

`python -m pytest test/monitor -k real_gpu`. A child process uses the card through the driver's own library (libcuda),
so that no framework is needed. Other users of the card may disturb the figures.
"""

from __future__ import annotations

import contextlib
import os
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator, Mapping
from importlib.util import find_spec
from pathlib import Path
from subprocess import CompletedProcess
from typing import Any

import pytest

from rla.monitor.gpus import find_gpus
from rla.monitor.nvidia_smi import NvidiaSmi

REPOSITORY = Path(__file__).resolve().parents[2]
METRICS = {"memory_gb", "utilization_percent", "temperature_celsius", "power_watts"}
ALLOCATED_GB = 4


def cards() -> int:
    """Count the cards that answer, by asking in a process of its own."""
    program = shutil.which("nvidia-smi")
    if program is None:
        return 0
    try:
        done = subprocess.run([program, "-L"], capture_output=True, text=True, timeout=60, check=False)
    except (OSError, subprocess.TimeoutExpired):
        return 0
    return done.stdout.count("UUID: GPU-") if done.returncode == 0 else 0


pytestmark = pytest.mark.skipif(cards() == 0, reason="nvidia-smi shows no card here")

USER = """
import ctypes, os, sys, threading
cuda = ctypes.CDLL("libcuda.so.1")

def call(name, *arguments):
    code = getattr(cuda, name)(*arguments)
    assert code == 0, f"{name}: CUDA error {code}"

device, context = ctypes.c_int(), ctypes.c_void_p()
area, module, kernel = ctypes.c_uint64(), ctypes.c_void_p(), ctypes.c_void_p()
call("cuInit", 0)
call("cuDeviceGet", ctypes.byref(device), 0)
call("cuDevicePrimaryCtxRetain", ctypes.byref(context), device)
call("cuCtxSetCurrent", context)
call("cuMemAlloc_v2", ctypes.byref(area), ctypes.c_size_t(int(sys.argv[1])))
call("cuModuleLoadData", ctypes.byref(module), ctypes.c_char_p(sys.argv[2].encode()))
call("cuModuleGetFunction", ctypes.byref(kernel), module, b"wait")
cycles = ctypes.c_uint64(200_000_000)  # about a tenth of a second
arguments = (ctypes.c_void_p * 1)(ctypes.cast(ctypes.byref(cycles), ctypes.c_void_p))
threading.Thread(target=lambda: (sys.stdin.read(), os._exit(0)), daemon=True).start()
print("ready", flush=True)
while True:
    call("cuLaunchKernel", kernel, 132, 1, 1, 128, 1, 1, 0, None, arguments, None)
    call("cuCtxSynchronize")
"""

KERNEL = """
.version 6.3
.target sm_75
.address_size 64
.visible .entry wait(.param .u64 cycles)
{
    .reg .u64 %begin, %now, %passed, %cycles;
    .reg .pred %again;
    ld.param.u64 %cycles, [cycles];
    mov.u64 %begin, %clock64;
turn:
    mov.u64 %now, %clock64;
    sub.u64 %passed, %now, %begin;
    setp.lt.u64 %again, %passed, %cycles;
    @%again bra turn;
    ret;
}
"""
"""It keeps the card busy for some cycles of its clock."""


@contextlib.contextmanager
def a_user_of_the_card() -> Iterator[None]:
    """Let another process take 4 GB of the first card and keep it busy."""
    process = subprocess.Popen(
        [sys.executable, "-c", USER, str(ALLOCATED_GB * 10**9), KERNEL], stdin=subprocess.PIPE, stdout=subprocess.PIPE
    )
    try:
        assert process.stdout is not None
        assert process.stdout.readline() == b"ready\n"
        yield
    finally:
        process.kill()
        process.communicate()


Sample = Callable[[], Mapping[str, float]]


@pytest.fixture(params=["NVML", "nvidia-smi"])
def sample(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> Sample:
    """Sample the cards, in each of the two ways."""
    if request.param == "NVML":
        if find_spec("pynvml") is None:
            pytest.skip("the package nvidia-ml-py is not installed")
        monkeypatch.setattr(NvidiaSmi, "find", lambda asked: None)
    else:
        monkeypatch.setitem(sys.modules, "pynvml", None)

    def values() -> Mapping[str, float]:
        with contextlib.ExitStack() as cleanup:
            sources = find_gpus(os.environ.get("CUDA_VISIBLE_DEVICES"), cleanup)
            return {key: value for _, source in sources for key, value in source().items()}

    return values


def test_real_gpu_memory_and_work_are_seen(sample: Sample, until: Any) -> None:
    before = sample()
    with a_user_of_the_card():
        until(lambda: sample().get("gpu0/utilization_percent", 100) > 50, "a busy card")
        busy = sample()
    assert ALLOCATED_GB * 0.95 < busy["gpu0/memory_gb"] - before["gpu0/memory_gb"] < ALLOCATED_GB + 2
    until(lambda: sample()["gpu0/memory_gb"] - before["gpu0/memory_gb"] < 0.5, "memory that is given back")


def test_real_gpu_figures_are_plausible(sample: Sample) -> None:
    values = sample()
    assert {f"gpu0/{metric}" for metric in METRICS} <= values.keys()
    assert 0 <= values["gpu0/memory_gb"] < 2000
    assert 0 <= values["gpu0/utilization_percent"] <= 100
    assert 5 < values["gpu0/temperature_celsius"] < 110
    assert 5 < values["gpu0/power_watts"] < 2000


def test_real_gpu_is_the_same_in_both_ways() -> None:
    pytest.importorskip("pynvml")
    program = NvidiaSmi.find(None)
    assert program is not None
    with contextlib.ExitStack() as cleanup:
        by_nvml = {key: value for _, source in find_gpus(None, cleanup) for key, value in source().items()}
        by_program = program.sample()
    assert by_nvml.keys() == by_program.keys()
    for key, value in by_nvml.items():
        near = {"memory_gb": 0.05, "temperature_celsius": 5, "power_watts": 100, "utilization_percent": 100}
        assert by_program[key] == pytest.approx(value, abs=near[key.partition("/")[2]]), key


def test_real_gpu_is_hidden_from_a_process_that_may_not_see_it(sample: Sample, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CUDA_VISIBLE_DEVICES", "")
    assert sample() == {}


def test_real_gpu_is_found_by_the_beginning_of_its_uuid(sample: Sample, monkeypatch: pytest.MonkeyPatch) -> None:
    listed = subprocess.run(["nvidia-smi", "-L"], capture_output=True, text=True, check=True).stdout
    uuid = listed.partition("UUID: ")[2].partition(")")[0]
    monkeypatch.setenv("CUDA_VISIBLE_DEVICES", uuid[:20])
    assert {key.partition("/")[0] for key in sample()} == {"gpu0"}


EXPERIMENT = """
import sys, time
from rla import exp_manager, logger
exp_manager.track_system(every=0.2)
exp_manager.configure("demo_task", {"LOG_USED": ["csv"]}, data_root=sys.argv[1], code_root=sys.argv[1])
exp_manager.log_files_gen()
deadline = time.monotonic() + 60
while "system/gpu0/power_watts" not in logger.name_to_value and time.monotonic() < deadline:
    time.sleep(0.01)
logger.dump_tabular()
exp_manager.finish()
with open("/proc/self/maps") as maps:
    print("libcuda" in maps.read(), *(name for name in ("torch", "cupy", "jax", "numba") if name in sys.modules))
"""


def test_real_gpu_is_recorded_without_cuda_in_the_process(
    run_python: Callable[..., CompletedProcess[str]], data_root: Path
) -> None:
    path = os.pathsep.join((str(REPOSITORY), os.environ.get("PYTHONPATH", "")))
    done = run_python(EXPERIMENT, data_root, timeout=120, env={"PYTHONPATH": path})
    assert (done.returncode, done.stdout) == (0, "False\n"), done.stderr
    (table,) = data_root.rglob("progress.csv")
    assert {f"system/gpu0/{metric}" for metric in METRICS} <= set(table.read_text().splitlines()[0].split(","))
