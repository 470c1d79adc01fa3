"""Ranks other than 0 record nothing and say so once, unless told otherwise."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from subprocess import CompletedProcess
from typing import Any

import pytest

Runner = Callable[..., CompletedProcess[str]]

PROGRAM = """
folders = [exp_manager.log_dir, exp_manager.checkpoint_dir, exp_manager.results_dir, exp_manager.pkl_dir]
assert all(os.path.isdir(folder) for folder in folders)
open(exp_manager.checkpoint_dir + "mine.pt", "w").close()
logger.record_tabular("a", 1)
row = logger.dump_tabular()
logger.info("a line")
exp_manager.print_args()
exp_manager.add_custom_data("a", 1)
exp_manager.serialize_object_and_save()
print("FOLDER", exp_manager.log_dir)
"""
RANK_1 = {"RANK": "1", "WORLD_SIZE": "2"}


def said(done: CompletedProcess[str]) -> list[str]:
    assert done.returncode == 0, done.stderr
    return [line for line in done.stdout.splitlines() if not line.startswith("FOLDER")]


def folder(done: CompletedProcess[str]) -> Path:
    (line,) = [line for line in done.stdout.splitlines() if line.startswith("FOLDER")]
    return Path(line.removeprefix("FOLDER "))


@pytest.mark.parametrize(
    "variables",
    [RANK_1, {"OMPI_COMM_WORLD_RANK": "1", "OMPI_COMM_WORLD_SIZE": "2"}, {"PMI_RANK": "3", "PMI_SIZE": "4"}],
)
def test_another_rank_records_nothing_and_only_what_the_user_saved_stays(
    run_experiment: Runner, data_root: Path, tmp_path: Path, variables: dict[str, str]
) -> None:
    (tmp_path / "tmp").mkdir()
    done = run_experiment(PROGRAM, env={**variables, "TMPDIR": str(tmp_path / "tmp")})
    assert len(said(done)) == 1, done.stdout
    assert "records nothing" in said(done)[0]
    assert "RLA_ALL_RANKS" in said(done)[0]
    assert not data_root.exists()
    assert not folder(done).exists()
    assert [path.name for path in (tmp_path / "tmp").rglob("*") if path.is_file()] == ["mine.pt"]


def test_it_says_so_once_for_several_experiments(run_experiment: Runner) -> None:
    done = run_experiment("exp_manager.log_files_gen()\nexp_manager.log_files_gen()\n", env=RANK_1)
    assert len(said(done)) == 1


def test_its_folders_vanish_when_a_signal_ends_it(run_experiment: Runner, tmp_path: Path) -> None:
    (tmp_path / "tmp").mkdir()
    run_experiment("signal.raise_signal(signal.SIGTERM)", env={**RANK_1, "TMPDIR": str(tmp_path / "tmp")})
    assert list((tmp_path / "tmp").iterdir()) == []


@pytest.mark.parametrize(
    "variables",
    [
        {"RANK": "0", "WORLD_SIZE": "2"},
        {"RANK": "1", "WORLD_SIZE": "1"},
        {"RANK": "1"},
        {"RANK": "x", "WORLD_SIZE": "2"},
        {"SLURM_PROCID": "3", "SLURM_NTASKS": "8"},
        {**RANK_1, "RLA_ALL_RANKS": "1"},
    ],
)
def test_these_record_an_experiment(
    run_experiment: Runner, card: Callable[[], dict[str, Any]], data_root: Path, variables: dict[str, str]
) -> None:
    done = run_experiment(PROGRAM, env=variables)
    assert "records nothing" not in done.stdout
    assert card()["status"] == "finished"
    assert folder(done).parts[: len(data_root.parts)] == data_root.parts
    assert (folder(done) / "progress.csv").read_text().splitlines()[1].startswith("1")
