"""Whatever spelling comes first, both give the same module object, and the module keeps its own name."""

from __future__ import annotations

import json
import subprocess
from collections.abc import Callable

import pytest

Run = Callable[..., "subprocess.CompletedProcess[str]"]

CHECKER = """
import importlib, itertools, json, os, sys
import click, google_crc32c, numpy, ormsgpack, orjson, PIL.Image, psutil, rich.table, yaml  # once, not in each fork

def fresh(check, *arguments):
    '''Call a function in a fork of this process and return the text that it returned.'''
    reading, writing = os.pipe()
    child = os.fork()
    if child == 0:
        try:
            text = check(*arguments)
        except BaseException as error:
            text = f"{type(error).__name__}: {error}"
        os.write(writing, text.encode())
        os._exit(0)
    os.close(writing)
    with os.fdopen(reading) as pipe:
        text = pipe.read()
    os.waitpid(child, 0)
    return text

def problem_of(names, real, is_package):
    '''Import a module by several names, one after the other, and say what is wrong with it then.'''
    modules = []
    for name in names:
        namespace = {}
        try:
            exec(f"import {name}", namespace)
        except ModuleNotFoundError as error:
            if (error.name or "rla").partition(".")[0].lower() == "rla":
                raise
            return ""  # it needs a package that is not installed
        modules += [sys.modules[name], eval(name, namespace), importlib.import_module(name)]
    module = importlib.import_module(real)
    if any(other is not module for other in modules):
        return f"there are {len(set(map(id, modules)))} modules"
    own = {
        "__name__": (module.__name__, real),
        "__spec__.name": (module.__spec__.name, real),
        "__spec__.loader": (module.__spec__.loader, module.__loader__),
        "__spec__.origin": (module.__spec__.origin, module.__file__),
        "__package__": (module.__package__, real if is_package else real.rpartition(".")[0]),
    }
    wrong = {name: pair for name, pair in own.items() if pair[0] != pair[1]}
    return f"is not as it was: {wrong}" if wrong else ""

def real_modules():
    import pkgutil, rla
    names = {found.name: found.ispkg for found in pkgutil.walk_packages(rla.__path__, "rla.")}
    return {name: package for name, package in names.items() if not name.endswith("__main__")}

def facts():
    import rla
    from rla.compat.modules import ALIASES
    return json.dumps([ALIASES, real_modules()])

def several(cases, check, before):
    '''Check the modules that nobody has imported yet; return what was found, and the cases that are left.'''
    found, left = {}, []
    for case in cases:
        if case[1] in sys.modules and case[1] not in before:
            left.append(case)
            continue
        try:
            found[" then ".join(case[0])] = check(*case)
        except BaseException as error:
            found[" then ".join(case[0])] = f"{type(error).__name__}: {error}"
    return json.dumps([found, left])

def report(cases, check=problem_of):
    '''Check all cases, in as few forks as there can be: in each, a name must be the first of its module.'''
    found, before = {}, set(sys.modules)
    while cases:
        some, cases = json.loads(fresh(several, cases, check, before))
        found |= some
    print(json.dumps({"checked": len(found), "problems": {key: text for key, text in found.items() if text}}))

def report_each(cases, check=problem_of):
    '''Check each case in a fork of its own.'''
    found = {" then ".join(case[0]): fresh(check, *case) for case in cases}
    print(json.dumps({"checked": len(found), "problems": {key: text for key, text in found.items() if text}}))

ALIASES, REAL = json.loads(fresh(facts))
"""

ALL_ORDERS = """
def orders(position, name):
    both = (name, name.replace("rla", "RLA", 1))
    if name.count(".") == 1 or name in ALIASES.values():
        return itertools.permutations(both)
    # there are hundreds of them: each order is tried with half
    return [] if position % PART else [both[:: 1 if position % 2 else -1]]

cases = [(order, name, package) for position, (name, package) in enumerate(REAL.items())
         for order in orders(position, name)]
cases += [(order, real, REAL[real]) for path, real in ALIASES.items()
          for order in itertools.permutations((f"RLA.{path}", f"rla.{path}", real))]
report(cases)
"""

FROM_NOTHING = """
report_each([(order, real, REAL[real]) for number, (path, real) in enumerate(ALIASES.items())
        for order in ((f"RLA.{path}", real), (real, f"RLA.{path}"))[number % STEP :: STEP]])
"""

EACH_PAIR_OF_ALIASES = """
by_module = {}
for path, real in ALIASES.items():
    by_module.setdefault(real, []).append(f"RLA.{path}")
report([(order, real, REAL[real]) for real, names in by_module.items() for order in itertools.permutations(names, 2)])
"""

NO_PATHS = """
def path_of(names, real, is_package):
    for name in names:
        importlib.import_module(name)
    return "" if is_package else str(getattr(sys.modules[real], "__path__", ""))

import rla
OLD = ("easy_log", "easy_tf", "easy_torch", "trackers", "utils")
PACKAGES = [f"rla.compat.{name}" for name in OLD]
report([([f"RLA.{path}"], real, REAL[real] or real in PACKAGES)
        for path, real in ALIASES.items()], path_of)
"""


def checked(run_python: Run, program: str) -> tuple[int, dict[str, str]]:
    result = run_python(CHECKER + program)
    assert result.returncode == 0, result.stderr
    answer = json.loads(result.stdout)
    return answer["checked"], answer["problems"]


@pytest.mark.parametrize(
    ("first", "part"),
    [
        ("import RLA", 3),
        pytest.param("import RLA", 1, marks=pytest.mark.load),
        pytest.param("import rla", 1, marks=pytest.mark.load),
    ],
)
def test_each_module_is_one_module_in_every_order_of_its_names(run_python: Run, first: str, part: int) -> None:
    """All that had old names, and all rooms; of the files in rooms a third, and under load each."""
    count, problems = checked(run_python, f"{first}\nPART = {part}\n{ALL_ORDERS}")
    assert problems == {}
    assert count > 150


@pytest.mark.parametrize("step", [2, pytest.param(1, marks=pytest.mark.load)])
def test_each_module_is_one_module_when_one_of_its_names_is_the_very_first_import(run_python: Run, step: int) -> None:
    """Each with one of its names, in turn the old and the new one; under load, each with both."""
    count, problems = checked(run_python, f"STEP = {step}\n{FROM_NOTHING}")
    assert problems == {}
    assert count > 20


def test_two_old_names_of_one_module_give_one_module(run_python: Run) -> None:
    count, problems = checked(run_python, f"import rla\n{EACH_PAIR_OF_ALIASES}")
    assert problems == {}
    assert count >= 4


def test_a_plain_module_does_not_become_a_package_by_an_import_under_an_old_name(run_python: Run) -> None:
    count, problems = checked(run_python, NO_PATHS)
    assert problems == {}
    assert count > 10


def test_a_second_copy_of_a_module_would_be_seen(run_python: Run) -> None:
    program = """
import rla, types
def split(names, real, is_package):
    sys.modules["RLA.names"] = types.ModuleType("rla.names")
    return problem_of(names, real, is_package)
report([(["RLA.names", "rla.names"], "rla.names", False)], split)
"""
    _, problems = checked(run_python, program)
    assert list(problems) == ["RLA.names then rla.names"]


def test_both_spellings_of_the_package_are_one_module_in_both_orders(run_python: Run) -> None:
    for names in ("rla, RLA", "RLA, rla"):
        result = run_python(
            f"import {names}, sys; print(RLA is rla, sys.modules['RLA'] is rla, rla.__name__, rla.__spec__.name)"
        )
        assert result.stdout.split() == ["True", "True", "rla", "rla"], result.stderr
