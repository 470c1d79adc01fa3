"""Threads that import both spellings at the same time get the same, finished modules."""

from __future__ import annotations

import subprocess
from collections.abc import Callable

import pytest

Run = Callable[..., "subprocess.CompletedProcess[str]"]

AT_ONCE = """
import importlib, os, sys, threading

def import_at_once(names):
    sys.setswitchinterval(1e-5)
    barrier, found, errors = threading.Barrier(len(names)), {}, []

    def go(place, name):
        barrier.wait()
        try:
            found[place] = importlib.import_module(name)
        except BaseException as error:
            errors.append(f"{name}: {error!r}")

    threads = [threading.Thread(target=go, args=(place, name)) for place, name in enumerate(names)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return errors or [found[place].__name__ for place in range(len(names))]

for _ in range(5):  # each in a process of its own, which has not imported any of them yet
    child = os.fork()
    if child == 0:
        answer = import_at_once(sys.argv[1:])
        import rla
        own = all(module is sys.modules[module.__name__] for name, module in sys.modules.items()
                  if name.partition(".")[0].lower() == "rla")
        os.write(1, f"{own} {' '.join(answer)}\\n".encode())
        os._exit(0)
    os.waitpid(child, 0)
"""

PAUSE = """
import sys, threading

answers, threads = [], []

def other(statement):
    try:
        exec(statement, {})
        answers.append("fine")
    except ImportError as error:
        answers.append(repr(error))

def start_other(frame, event, argument):
    where = frame.f_code.co_name, event, frame.f_code.co_filename.endswith(WHERE[2])
    if where == (WHERE[0], WHERE[1], True) and not threads:
        threads.append(threading.Thread(target=other, args=(sys.argv[1],)))
        threads[0].start()
        threads[0].join(1)  # long enough to go wrong; one that has to wait is waited for below

sys.setprofile(start_other)
exec(sys.argv[2])
sys.setprofile(None)
threads[0].join()
print(*answers)
"""

OVERLAPPING = """
import sys
from importlib.util import module_from_spec
import rla

finder = sys.meta_path[0]
first, second = (finder.find_spec(name, None) for name in ("RLA.const", "RLA.easy_log.const"))
one = module_from_spec(first)
other = module_from_spec(second)
first.loader.exec_module(one)
second.loader.exec_module(other)
print(one is other, one.__name__, one.__spec__.name)
"""


BOTH_SPELLINGS = ["rla", "RLA"] * 4
OLD_AND_NEW = {
    **dict.fromkeys(["rla.logger", "RLA.easy_log.logger", "rla.easy_log.logger", "RLA.logger"], "rla.logger"),
    **dict.fromkeys(["RLA.trackers.time_used_recorder", "RLA.easy_log.time_used_recorder", "RLA.timers"], "rla.timers"),
    **dict.fromkeys(["RLA.query_tool", "rla.query_tool", "RLA.compat.query_tool"], "rla.compat.query_tool"),
    **dict.fromkeys(["RLA.easy_log.tester", "rla.easy_log.tester"], "rla.compat.tester"),
}


def test_the_package_is_one_when_both_spellings_are_imported_at_once(run_python: Run) -> None:
    result = run_python(AT_ONCE, *BOTH_SPELLINGS)
    assert result.stdout.splitlines() == ["True " + " ".join(["rla"] * 8)] * 5, result.stderr


def test_modules_are_one_when_all_their_names_are_imported_at_once(run_python: Run) -> None:
    result = run_python(f"import rla\n{AT_ONCE}", *OLD_AND_NEW)
    assert result.stdout.splitlines() == ["True " + " ".join(OLD_AND_NEW.values())] * 5, result.stderr


def test_a_thread_that_imports_the_old_spelling_waits_until_the_package_is_finished(run_python: Run) -> None:
    at = 'WHERE = ("install_finder", "return", "finder.py")'
    result = run_python(f"{at}\n{PAUSE}", "from RLA import MatplotlibRecorder, HYPARAMETER", "import rla")
    assert result.stdout.strip() == "fine", result.stderr


@pytest.mark.parametrize(
    "package",
    [
        "RLA",
        "rla",
    ],
)
def test_a_thread_finds_an_old_module_while_another_one_imports_the_package(run_python: Run, package: str) -> None:
    at = 'WHERE = ("<module>", "call", "rla/errors.py")'
    statement = f"from {package}.easy_log.tester import tester"
    result = run_python(f"{at}\n{PAUSE}", statement, f"import {package}")
    assert result.stdout.strip() == "fine", result.stderr


def test_two_loads_that_overlap_leave_the_module_its_own_spec(run_python: Run) -> None:
    assert run_python(OVERLAPPING).stdout.split() == ["True", "rla.compat.const", "rla.compat.const"]
