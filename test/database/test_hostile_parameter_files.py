"""A parameter file made to do harm costs neither memory nor time without bound."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path
from subprocess import CompletedProcess

import pytest

from rla import HYPERPARAMETER, LOG, experiment_data_query

NAME = "2022/03/01/21-10-11-000001_a_&lr=0.01"

PROGRAM = """
import resource, sys, warnings
resource.setrlimit(resource.RLIMIT_AS, (2 << 30, 2 << 30))
resource.setrlimit(resource.RLIMIT_CPU, (3, 3))
from rla import HYPERPARAMETER, experiment_data_query
warnings.simplefilter("ignore")
print(len(experiment_data_query(sys.argv[1], "demo_task", None, HYPERPARAMETER)))
"""


def test_a_yaml_bomb_does_not_eat_the_memory(
    found_experiment: Callable[..., Path], run_python: Callable[..., CompletedProcess[str]], data_root: Path
) -> None:
    lines = ["a0: &a0 [x, x, x, x, x, x, x, x, x]"]
    for level in range(1, 9):
        lines.append(f"a{level}: &a{level} [{', '.join([f'*a{level - 1}'] * 9)}]")
    (found_experiment(NAME, HYPERPARAMETER) / "parameter.yaml").write_text("\n".join(lines))
    done = run_python(PROGRAM, data_root, timeout=20)
    assert done.stdout == "1\n"


@pytest.mark.parametrize("file", ["parameter.json", "parameter.yaml", "experiment.json"])
def test_a_named_pipe_in_place_of_a_file_does_not_stop_the_reader(
    found_experiment: Callable[..., Path], run_python: Callable[..., CompletedProcess[str]], data_root: Path, file: str
) -> None:
    folder = found_experiment(NAME, HYPERPARAMETER, parameters={"lr": 1} if file == "experiment.json" else None)
    log = found_experiment(NAME, "log")
    os.mkfifo((log if file == "experiment.json" else folder) / file)
    done = run_python(PROGRAM, data_root, timeout=1.5)
    assert done.stdout == "1\n"


def test_a_link_that_leads_to_itself_is_passed_over(
    found_experiment: Callable[..., Path], run_python: Callable[..., CompletedProcess[str]], data_root: Path
) -> None:
    folder = found_experiment(NAME, HYPERPARAMETER)
    (folder / "parameter.json").symlink_to("parameter.json")
    done = run_python(PROGRAM, data_root, timeout=20)
    assert done.stdout == "1\n", done.stderr


@pytest.mark.parametrize("level", ["2023", "2022/04", "2022/03/02", "2022/03/01/22-00-00-000001_a_&"])
def test_a_folder_that_is_a_link_to_itself_does_not_hide_those_beside_it(
    found_experiment: Callable[..., Path], data_root: Path, level: str
) -> None:
    found_experiment(NAME)
    link = data_root / "log" / "demo_task" / level
    link.symlink_to(link)
    assert list(experiment_data_query(data_root, "demo_task", None, LOG)) == ["2022/03/01/21-10-11-000001"]
