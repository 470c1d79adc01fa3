"""Other packages add output formats by entry points; a broken one says so before anything is written."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from subprocess import CompletedProcess

import pytest

REPOSITORY = Path(__file__).resolve().parents[2]

PLUG_IN = """
import json
from rla.output import FileOutput, Output, Row

class Lines(FileOutput):
    name = "lines"

    def path_in(self, directory):
        return directory / "rows.txt"

    def write(self, records):
        rows = [record.items_for(self.name) for record in records if isinstance(record, Row)]
        if rows:
            self.file.append("".join(json.dumps(row) + "\\n" for row in rows).encode())
        return len(records)

class Csv(Lines):
    name = "csv"

class NoOutput:
    name = "broken"

class Unfinished(Output):
    name = "broken"

class OtherName(Lines):
    name = "other"

class CannotBegin(Lines):
    name = "broken"

    def __init__(self, directory):
        raise ConnectionRefusedError("no server on port 9090")

class NeverWrites(Lines):
    name = "broken"

    def write(self, records):
        raise RuntimeError("the server says no")
"""
BEGIN = """
import os, sys
from pathlib import Path
from rla import exp_manager, logger, read_progress
from rla.errors import ConfigError, ConfigValueError

root = Path(sys.argv[1])

def configure(*formats):
    exp_manager.configure("demo_task", {"LOG_USED": list(formats)}, data_root=root, code_root=root.parent)

def begin(*formats):
    configure(*formats)
    exp_manager.log_files_gen()
    return Path(exp_manager.log_dir)

def record(start, end):
    for count in range(start, end):
        logger.record_tabular("count", count)
        logger.dump_tabular(step=count)
"""


Run = Callable[..., CompletedProcess[str]]


@pytest.fixture
def run_with(tmp_path: Path, run_python: Run, data_root: Path) -> Run:
    """Run a program where a distribution is installed: ``run_with({"lines": "my_outputs:Lines"}, program)``."""

    def run(entry_points: dict[str, str], program: str) -> CompletedProcess[str]:
        site = tmp_path / "site"
        information = site / "my_outputs-1.0.dist-info"
        information.mkdir(parents=True, exist_ok=True)
        (information / "METADATA").write_text("Metadata-Version: 2.1\nName: my-outputs\nVersion: 1.0\n")
        lines = [f"{name} = {value}" for name, value in entry_points.items()]
        (information / "entry_points.txt").write_text("\n".join(["[rla_outputs]", *lines, ""]))
        (site / "my_outputs.py").write_text(PLUG_IN)
        (site / "broken_module.py").write_text("1 / 0\n")
        return run_python(BEGIN + program, data_root, env={"PYTHONPATH": f"{REPOSITORY}:{site}"})

    return run


LINES = {"lines": "my_outputs:Lines"}


def counts_in(path: Path) -> list[int]:
    return [json.loads(line)["count"] for line in path.read_text().splitlines()]


def test_it_is_named_in_the_configuration_like_ours(run_with: Run, data_root: Path) -> None:
    done = run_with(LINES, "begin('csv', 'lines'); record(0, 20); exp_manager.finish()")
    assert done.returncode == 0, done.stderr
    assert done.stderr == ""
    (path,) = data_root.rglob("rows.txt")
    assert counts_in(path) == list(range(20))
    assert len((path.parent / "progress.csv").read_text().splitlines()) == 21


def test_it_may_be_named_in_one_text(run_with: Run, data_root: Path) -> None:
    program = """
exp_manager.configure("demo_task", {"LOG_USED": "csv, lines"}, data_root=root, code_root=root.parent)
exp_manager.log_files_gen()
record(0, 3)
"""
    assert run_with(LINES, program).returncode == 0
    assert [counts_in(path) for path in data_root.rglob("rows.txt")] == [[0, 1, 2]]


def test_it_is_named_in_a_call_of_the_logger(run_with: Run, data_root: Path) -> None:
    done = run_with(LINES, "logger.configure(root, ['csv', 'lines']); record(0, 5); logger.close(); record(5, 6)")
    assert done.returncode == 0, done.stderr
    assert counts_in(data_root / "rows.txt") == list(range(5))


def test_values_are_excluded_by_its_name(run_with: Run, data_root: Path) -> None:
    done = run_with(
        LINES,
        """
logger.configure(root, ["csv", "lines"])
logger.record_tabular("count", 0)
logger.record_tabular("hidden", 1, exclude="lines")
logger.dump_tabular()
""",
    )
    assert done.returncode == 0, done.stderr
    assert set(json.loads((data_root / "rows.txt").read_text())) == {"count", "time-step", "timestamp"}
    assert "hidden" in (data_root / "progress.csv").read_text()


def test_its_name_is_known_where_values_are_excluded(run_with: Run) -> None:
    done = run_with(LINES, "logger.record_tabular('a', 1, exclude=('lines', 'csv'))")
    assert "names no output format" not in done.stderr


def test_one_that_nobody_names_is_not_loaded(run_with: Run) -> None:
    done = run_with(LINES, "begin('csv', 'log'); record(0, 3); print('my_outputs' in sys.modules)")
    assert done.stdout.splitlines()[-1] == "False", done.stderr


def test_a_name_of_ours_stays_ours(run_with: Run, data_root: Path) -> None:
    done = run_with({"csv": "my_outputs:Csv"}, "logger.configure(root, ['csv']); record(0, 3)")
    assert done.returncode == 0, done.stderr
    assert len((data_root / "progress.csv").read_text().splitlines()) == 4
    assert not (data_root / "rows.txt").exists()


def test_a_misspelt_one_is_suggested_before_anything_is_written(run_with: Run, data_root: Path) -> None:
    done = run_with(LINES, "configure('csv', 'liens')")
    assert "ConfigValueError: LOG_USED in the configuration dict is 'liens'" in done.stderr
    assert "expected a list of stdout, log, tensorboard, csv, json, lines" in done.stderr
    assert "Did you mean 'lines'?" in done.stderr
    assert not data_root.exists()


@pytest.mark.parametrize(
    ("entry", "problem"),
    [
        ("broken_module:Lines", "ZeroDivisionError: division by zero"),
        ("no_such_module:Lines", "No module named 'no_such_module'"),
        ("my_outputs:Missing", "Missing"),
        ("my_outputs", "is no class that derives from rla.output.Output"),
        ("my_outputs:NoOutput", "is no class that derives from rla.output.Output"),
        ("my_outputs:Unfinished", "Unfinished lacks __init__, close, write"),
        ("my_outputs:OtherName", "its name is 'other', but it is registered as 'broken'"),
    ],
)
def test_one_that_cannot_be_loaded_is_told_before_anything_is_written(
    run_with: Run, data_root: Path, entry: str, problem: str
) -> None:
    done = run_with(
        {"broken": entry, **LINES},
        """
try:
    configure("csv", "broken")
except ConfigError as error:
    print(error)
print(root.exists())
begin("csv", "lines")
record(0, 3)
""",
    )
    assert done.returncode == 0, done.stderr
    message, existed = done.stdout.splitlines()
    assert message.startswith(f"The output format 'broken' ({entry}) cannot be used: ")
    assert problem in message
    assert existed == "False"
    assert [counts_in(path) for path in data_root.rglob("rows.txt")] == [[0, 1, 2]]


def test_one_that_cannot_begin_ends_the_start_of_the_experiment(run_with: Run, data_root: Path) -> None:
    done = run_with(
        {"broken": "my_outputs:CannotBegin"},
        """
try:
    begin("csv", "broken")
except ConfigError as error:
    print(error)
begin("csv")
record(0, 3)
""",
    )
    assert done.returncode == 0, done.stderr
    problem = "'broken' (my_outputs:CannotBegin) cannot be used: ConnectionRefusedError: no server on port 9090"
    assert problem in done.stdout
    cards = [json.loads(path.read_text()) for path in sorted(data_root.rglob("log/**/experiment.json"))]
    assert [card["status"] for card in cards] == ["failed", "finished"]
    assert problem in cards[0]["reason"]


def test_one_that_raises_at_every_write_does_not_stop_the_training(run_with: Run, data_root: Path) -> None:
    done = run_with(
        {"broken": "my_outputs:NeverWrites"}, "begin('broken', 'csv'); record(0, 200); exp_manager.finish()"
    )
    assert done.returncode == 0, done.stderr
    assert done.stderr.count("the output 'broken' failed and is tried again: RuntimeError: the server says no") == 1
    (path,) = data_root.rglob("progress.csv")
    assert len(path.read_text().splitlines()) == 201


def test_a_package_may_also_register_its_class_itself(run_with: Run, data_root: Path) -> None:
    done = run_with(
        {"lines": "my_outputs:Lines"},
        """
import my_outputs
from rla.output import register_output
register_output(my_outputs.Lines)
logger.configure(root, ["lines"])
record(0, 3)
""",
    )
    assert done.returncode == 0, done.stderr
    assert counts_in(data_root / "rows.txt") == [0, 1, 2]


def test_the_name_of_a_package_is_refused_to_the_class_of_a_script(run_with: Run) -> None:
    done = run_with(
        LINES,
        """
import my_outputs
from rla.output import register_output
@register_output
class Mine(my_outputs.Lines):
    pass
""",
    )
    assert "The name 'lines' of __main__:Mine is taken by an output of my_outputs:Lines" in done.stderr


@pytest.mark.parametrize("text", ["no sections", "[rla_outputs]\nnonsense\n= = =\n", "[rla_outputs]\nlines = \n"])
def test_packages_with_damaged_records_harm_nobody(tmp_path: Path, run_python: Run, data_root: Path, text: str) -> None:
    information = tmp_path / "site" / "damaged-1.0.dist-info"
    information.mkdir(parents=True)
    (information / "entry_points.txt").write_text(text)
    program = "logger.configure(root, ['csv']); logger.record_tabular('a', 1, exclude='nonsense'); record(0, 3)"
    done = run_python(BEGIN + program, data_root, env={"PYTHONPATH": f"{REPOSITORY}:{tmp_path / 'site'}"})
    assert done.returncode == 0, done.stderr
    assert len((data_root / "progress.csv").read_text().splitlines()) == 4


# ---- runs that were killed -------------------------------------------------------------------------------------------

KILLED = """
from rla.output import writer
logger.configure(root, ["csv", "lines"])
record(0, 10)
logger.flush()
record(10, 30)
os.kill(os.getpid(), 9)
"""
FOLD = """
from rla.output.fold import fold_dead_run
print("rows:", fold_dead_run(root))
"""


def test_what_a_killed_run_had_recorded_is_written_out_with_it(run_with: Run, data_root: Path) -> None:
    assert run_with(LINES, KILLED).returncode == -9
    done = run_with(LINES, FOLD)
    assert done.returncode == 0, done.stderr
    assert counts_in(data_root / "rows.txt") == list(range(30))
    assert not (data_root / ".journal").exists()


def test_a_recording_that_goes_on_in_its_folder_has_each_row_once(run_with: Run, data_root: Path) -> None:
    assert run_with(LINES, KILLED).returncode == -9
    done = run_with(LINES, "logger.configure(root, ['csv', 'lines']); record(30, 40)")
    assert done.returncode == 0, done.stderr
    assert counts_in(data_root / "rows.txt") == list(range(40))


@pytest.mark.parametrize("meanwhile", [{}, {"lines": "broken_module:Lines"}, {"lines": "my_outputs:OtherName"}])
def test_where_its_package_is_missing_the_other_files_are_completed_and_the_journal_stays_for_it(
    run_with: Run, data_root: Path, meanwhile: dict[str, str]
) -> None:
    assert run_with(LINES, KILLED).returncode == -9
    for _ in range(2):
        done = run_with(meanwhile, FOLD + "print(len(read_progress(root).rows))")
        assert done.returncode == 0, done.stderr
        assert "'lines'" in done.stderr
        assert done.stdout.splitlines()[-1] == "30"
        assert len((data_root / "progress.csv").read_text().splitlines()) == 31
    assert run_with(LINES, FOLD).returncode == 0
    assert counts_in(data_root / "rows.txt") == list(range(30))
    assert len((data_root / "progress.csv").read_text().splitlines()) == 31
    assert not (data_root / ".journal").exists()


def test_a_recording_that_goes_on_without_its_package_says_what_it_leaves_behind(
    run_with: Run, data_root: Path
) -> None:
    assert run_with(LINES, KILLED).returncode == -9
    done = run_with({}, "logger.configure(root, ['csv']); record(30, 40)")
    assert done.returncode == 0, done.stderr
    assert "'lines'" in done.stderr
    assert len((data_root / "progress.csv").read_text().splitlines()) == 41


def test_rows_that_stand_in_its_journal_alone_are_not_lost(run_with: Run, data_root: Path) -> None:
    """The run wrote nothing but this format, whose package is not there when the folder is used again."""
    assert run_with(LINES, KILLED.replace('["csv", "lines"]', '["lines"]')).returncode == -9
    done = run_with(
        {}, "logger.configure(root, ['csv']); record(30, 40); logger.close()\nprint(read_progress(root).rows)"
    )
    assert done.returncode == 0, done.stderr
    for count in range(10, 40):
        assert f"'count': {count}," in done.stdout
