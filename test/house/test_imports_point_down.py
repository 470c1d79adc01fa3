"""Arrows point down: a room imports rooms on lower floors and its own files, as the house of the design says."""

from __future__ import annotations

import ast
import re
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

HOUSE = Path(__file__).resolve().parents[2] / "rla"

TOP, TESTING = 6, 7
FLOORS = {
    **dict.fromkeys(("names", "errors", "optional", "files", "config", "clock", "timers"), 0),
    **dict.fromkeys(("machine", "environment", "mounts", "version", "locks", "copying"), 0),
    **dict.fromkeys(("output", "database"), 1),
    **dict.fromkeys(("logger", "checkpoint", "snapshot", "sync", "monitor", "query"), 2),
    **dict.fromkeys(("experiment",), 3),
    **dict.fromkeys(("batch", "plot", "adapt", "sweep"), 4),
    **dict.fromkeys(("web",), 5),
    **dict.fromkeys(("__init__", "cli", "compat"), TOP),
    **dict.fromkeys(("testing",), TESTING),
}
"""Room, or file at the top of the package → its floor. A new one is added here, and drawn in the design."""

DOTTED_PATH = re.compile(r"rla(\.\w+)+(:\w+)?")


def imported_modules(source: str, package: str) -> Iterator[tuple[int, str]]:
    """Yield line and dotted path of all that a file imports: in functions, relative, by text, in tables of paths."""
    tree = ast.parse(source)
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from ((node.lineno, alias.name) for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            above = package.split(".")[: -node.level + 1 or None] if node.level else []
            module = ".".join([*above, *([node.module] if node.module else [])])
            yield from ((node.lineno, f"{module}.{alias.name}") for alias in node.names)
        elif isinstance(node, ast.Constant) and isinstance(node.value, str) and DOTTED_PATH.fullmatch(node.value):
            yield node.lineno, node.value.partition(":")[0]


def arrows(house: Path) -> Iterator[tuple[str, str, str]]:
    """Yield for each import of the package's own modules: where it stands, the room it is in, the room it names."""
    rooms = rooms_of(house)
    for path in sorted(house.rglob("*.py")):
        inside = path.relative_to(house)
        package = ".".join(("rla", *inside.parent.parts))
        for line, target in imported_modules(path.read_text(encoding="utf-8"), package):
            first, _, rest = target.partition(".")
            if first not in ("rla", "RLA"):
                continue
            room = rest.partition(".")[0]
            known = room in rooms or room in FLOORS
            yield f"rla/{inside.as_posix()}:{line}", room_of(inside), room if known else "__init__"


def room_of(inside: Path) -> str:
    return inside.parts[0].removesuffix(".py")


def rooms_of(house: Path) -> set[str]:
    return {room_of(path.relative_to(house)) for path in house.rglob("*.py")}


def wrong_arrow(source: str, target: str) -> str:
    """Say what is wrong with an import, nothing when it is right."""
    if source == target or source == "testing" or not {source, target} <= FLOORS.keys():
        return ""
    if target == "testing":
        return "nobody imports testing"
    if target == "cli":
        return "nobody imports cli"
    if target == "compat":
        return "" if source == "__init__" else "only rla/__init__.py imports compat"
    if FLOORS[target] > FLOORS[source]:
        return f"an arrow up, from {source} (floor {FLOORS[source]}) to {target} (floor {FLOORS[target]})"
    if FLOORS[target] == FLOORS[source] != 0:
        return f"an arrow sideways, from {source} to {target} (both on floor {FLOORS[source]})"
    return ""


def cycle(graph: dict[str, set[str]]) -> list[str]:
    """Return the files of a cycle, none when there is none."""
    left = dict(graph)
    while ends := [file for file, imported in left.items() if not imported & left.keys()]:
        for file in ends:
            del left[file]
    path: list[str] = []
    file = min(left, default="")
    while left and file not in path:
        path.append(file)
        file = min(left[file] & left.keys())
    return [*path[path.index(file) :], file] if path else []


def problems(house: Path) -> list[str]:
    found = [
        f"'{room}' has no floor: draw it in the house (DESIGN.md §5) and add it to FLOORS of {Path(__file__).name}"
        for room in sorted(rooms_of(house) - FLOORS.keys())
    ]
    ground: dict[str, set[str]] = {file: set() for file, floor in FLOORS.items() if floor == 0}
    for place, source, target in arrows(house):
        if problem := wrong_arrow(source, target):
            found.append(f"{place}: {problem}")
        if source != target and source in ground and target in ground:
            ground[source].add(target)
    if circle := cycle(ground):
        found.append(f"a cycle on floor 0: {' → '.join(circle)}")
    return found


# ---- the house ------------------------------------------------------------------------------------------------------


def test_no_arrow_of_the_house_points_up_or_sideways() -> None:
    assert problems(HOUSE) == []


def test_the_imports_of_the_house_are_seen() -> None:
    seen = {(place.partition(":")[0], target) for place, _, target in arrows(HOUSE)}
    assert {
        ("rla/__init__.py", "compat"),  # at the top of the file
        ("rla/logger.py", "output"),  # inside a function
        ("rla/__init__.py", "experiment"),  # in a table of dotted paths
        ("rla/experiment/manager.py", "timers"),  # `from rla import timers`
        ("rla/compat/modules.py", "clock"),  # in a table of another
    } <= seen
    assert len(list(arrows(HOUSE))) > 100


# ---- the checker, on small made-up houses ---------------------------------------------------------------------------


@pytest.fixture
def build(tmp_path: Path) -> Callable[..., Path]:
    """Build a house of files: ``build({"output/csv.py": "import rla.names"})``."""

    def build_house(files: dict[str, str]) -> Path:
        for name, source in files.items():
            path = tmp_path / "rla" / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(source, encoding="utf-8")
        return tmp_path / "rla"

    return build_house


Build = Callable[[dict[str, str]], Path]


def test_arrows_down_and_inside_a_room_are_fine(build: Build) -> None:
    files = {
        "names.py": "import os\n",
        "output/csv.py": "from rla import names\nfrom rla.output.base import Output\nfrom . import base\n",
        "output/base.py": "from ..names import LOG\n",
        "logger.py": "from rla.output.csv import Csv\n",
        "experiment/manager.py": "import rla.logger\nfrom rla.names import LOG\n",
        "web/pages.py": "from rla import experiment\n",
        "__init__.py": "from rla import compat, logger\nfrom rla.experiment.manager import exp_manager\n",
        "cli/ls.py": "from rla.experiment import manager\n",
        "compat/__init__.py": "from rla import logger\n",
    }
    assert problems(build(files)) == []


@pytest.mark.parametrize(
    "line",
    [
        "from rla.experiment.manager import exp_manager",
        "from rla.experiment import manager",
        "from rla import experiment",
        "import rla.experiment.manager as manager",
        "from ..experiment.manager import exp_manager",
        "from .. import experiment",
        "def late():\n    from rla.experiment.manager import exp_manager",
        "class Late:\n    def method(self):\n        import rla.experiment",
        "from typing import TYPE_CHECKING\nif TYPE_CHECKING:\n    from rla.experiment.run import Run",
        "try:\n    import rla.experiment.run\nexcept ImportError:\n    pass",
        "import importlib\nimportlib.import_module('rla.experiment.manager')",
        "from rla.optional import require\nmanager = require('rla.experiment.manager', 'all')",
        "TABLE = {'csv': 'rla.experiment.manager:ExperimentManager'}",
        "TABLE = {'csv': 'rla.experiment.manager'}",
        "from RLA.experiment import manager",
    ],
)
def test_an_arrow_up_is_found_however_it_is_written(build: Build, line: str) -> None:
    (problem,) = problems(build({"output/csv.py": line, "experiment/manager.py": "", "optional.py": ""}))
    assert re.match(r"rla/output/csv\.py:\d: an arrow up, from output \(floor 1\) to experiment \(floor 3\)$", problem)


def test_the_line_of_the_arrow_is_told(build: Build) -> None:
    house = build({"files.py": "import os\n\n\ndef late():\n    from rla.output import csv\n", "output/csv.py": ""})
    assert problems(house)[0].startswith("rla/files.py:5: ")


def test_an_arrow_sideways_is_found(build: Build) -> None:
    (problem,) = problems(build({"output/csv.py": "from rla.database import trees", "database/trees.py": ""}))
    assert problem == "rla/output/csv.py:1: an arrow sideways, from output to database (both on floor 1)"


def test_a_room_is_told_by_its_first_folder_however_deep_its_files_lie(build: Build) -> None:
    (problem,) = problems(build({"output/deep/er/csv.py": "from ....plot import figure", "plot/figure.py": ""}))
    assert "an arrow up, from output" in problem


def test_a_room_that_imports_the_package_itself_points_up(build: Build) -> None:
    for line in ("import rla", "from rla import exp_manager", "from .. import exp_manager"):
        (problem,) = problems(build({"experiment/resume.py": line, "__init__.py": ""}))
        assert "from experiment (floor 3) to __init__ (floor 6)" in problem


def test_text_that_only_speaks_of_a_module_is_no_arrow(build: Build) -> None:
    source = '"""See `rla.experiment.manager`."""\nMESSAGE = "rla.experiment.manager is above"\n'
    assert problems(build({"names.py": source, "experiment/manager.py": ""})) == []


def test_files_of_floor_0_may_import_each_other(build: Build) -> None:
    house = build({"names.py": "", "errors.py": "import rla.names", "config.py": "from rla import errors, names"})
    assert problems(house) == []


def test_a_cycle_on_floor_0_is_found(build: Build) -> None:
    house = build(
        {
            "names.py": "import rla.errors",
            "errors.py": "def late():\n    from rla import files",
            "files.py": "from .names import LOG",
            "config.py": "import rla.names",
        }
    )
    assert problems(house) == ["a cycle on floor 0: names → errors → files → names"]


@pytest.mark.parametrize("path", ["cellar/wine.py", "attic.py"])
def test_a_room_or_file_that_has_no_floor_is_told_to_be_added(build: Build, path: str) -> None:
    (problem,) = problems(build({path: ""}))
    assert problem.startswith(f"'{path.partition('/')[0].removesuffix('.py')}' has no floor: draw it in the house")
    assert "add it to FLOORS" in problem


def test_only_the_package_itself_imports_compat(build: Build) -> None:
    (problem,) = problems(build({"web/pages.py": "from rla.compat import const", "compat/const.py": ""}))
    assert problem.endswith("only rla/__init__.py imports compat")


def test_cli_and_compat_do_not_know_each_other(build: Build) -> None:
    house = build({"cli/ls.py": "from rla import compat", "compat/__init__.py": "from rla.cli import ls"})
    assert problems(house) == [
        "rla/cli/ls.py:1: only rla/__init__.py imports compat",
        "rla/compat/__init__.py:1: nobody imports cli",
    ]


def test_nobody_imports_cli(build: Build) -> None:
    (problem,) = problems(build({"__init__.py": "from rla.cli.ls import ls", "cli/ls.py": ""}))
    assert problem.endswith("nobody imports cli")


def test_testing_imports_anything_and_is_imported_by_no_room(build: Build) -> None:
    contract = {"testing/outputs.py": "from rla.output import csv\nfrom rla.cli import ls\nimport rla"}
    assert problems(build({**contract, "output/csv.py": "", "cli/ls.py": ""})) == []
    (problem,) = problems(build({"output/csv.py": "from rla.testing import outputs"}))
    assert problem == "rla/output/csv.py:1: nobody imports testing"
