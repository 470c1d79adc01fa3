"""The examples of going on run as their users run them: after a crash, after a preemption, in a fork, and evaluated."""

from __future__ import annotations

import json
import os
import re
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from rla import query, read_progress
from test.warm_python import WarmPython

pytest.importorskip("gymnasium")

REPOSITORY = Path(__file__).resolve().parent.parent


def surroundings(root: Path) -> dict[str, str]:
    return {"PYTHONPATH": str(REPOSITORY), "RLA_ROOT": str(root)}


def begin(root: Path, *command: str) -> subprocess.Popen[str]:
    environment = {**os.environ, **surroundings(root)}
    environment["PATH"] = f"{Path(sys.executable).parent}:{environment['PATH']}"
    environment.pop("SLURM_JOB_ID", None)
    return subprocess.Popen(
        command, cwd=REPOSITORY, env=environment, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    )


def done(process: subprocess.Popen[str]) -> str:
    output, problems = process.communicate(timeout=120)
    assert process.returncode == 0, problems
    return output


def program(name: str) -> tuple[str, str]:
    return sys.executable, str(REPOSITORY / "example" / name)


def test_a_crashed_training_ends_with_the_numbers_of_an_undisturbed_one(
    tmp_path: Path, warm_python: WarmPython
) -> None:
    pytest.importorskip("torch")
    main = REPOSITORY / "example" / "resume_after_crash" / "main.py"
    short = ("--total_steps=700", "--save_every=300")
    one, other = (surroundings(tmp_path / root) for root in "ab")
    undisturbed = warm_python.begin(main, *short, env=one)
    assert warm_python.begin(main, *short, "--crash_at=500", env=other).wait(110) == -signal.SIGKILL
    resumed = warm_python.begin(main, *short, "--resume", "seed=0", env=other).done()
    assert resumed.returncode == 0, resumed.stderr
    assert resumed.stdout.splitlines()[0] == "It goes on at step 300."
    assert resumed.stdout.splitlines()[-1] == undisturbed.done().stdout.splitlines()[-1]
    assert "Its weights add up to" in resumed.stdout
    whole, crashed = (query.experiments(tmp_path / root, "resume_demo")[0] for root in "ab")
    assert [row["loss"] for row in read_progress(whole.log_dir).rows if "loss" in row] == [
        row["loss"] for row in read_progress(crashed.log_dir).rows if "loss" in row
    ]


def test_a_preempted_job_is_started_again_and_goes_on(tmp_path: Path) -> None:
    job = ("bash", "example/preempted_job/job.sh", "--total_steps=12000", "--job=17")
    first = begin(tmp_path / "data", *job, "--seconds_for_a_step=0.001")
    while not list(tmp_path.glob("data/checkpoint/*/*/*/*/*/state_0.npz")):
        assert first.poll() is None, first.communicate()
    first.send_signal(signal.SIGUSR1)
    assert first.wait(timeout=60) == 75
    (run,) = query.experiments(tmp_path / "data", "preempted_demo")
    assert (run.status, list(run.tags)) == ("interrupted", ["job:17"])
    again = done(begin(tmp_path / "data", *job))
    undisturbed = done(begin(tmp_path / "other", *job))
    assert again.startswith("goes on at step ")
    assert again.splitlines()[-1] == undisturbed.splitlines()[-1]
    (run,) = query.experiments(tmp_path / "data", "preempted_demo")
    assert run.status == "finished"


def test_a_fork_goes_on_from_its_parent_and_is_drawn_below_it(tmp_path: Path) -> None:
    main = program("fork_for_fine_tuning/main.py")
    output = done(begin(tmp_path, *main, "--seed=2", "--steps=10000", "--fine_steps=10000"))
    parent_score, fork_score = re.findall(r"(\d+) of the (?:parent|fork)", output)
    assert int(fork_score) > 1.3 * int(parent_score)
    (parent,), (fork,) = (query.experiments(tmp_path, task) for task in ("cart_pole", "cart_pole_fine_tuning"))
    known = [row["time-step"] for row in read_progress(parent.log_dir).rows]
    assert f"goes on at step {known[-1]:,}: gravity 24.8, learning rate 1.0" in output
    steps = [row["time-step"] for row in read_progress(fork.log_dir).rows]
    assert steps[: len(known)] == known
    assert steps[len(known)] > known[-1]

    done(begin(tmp_path, *main, f"--parent={parent.record_date}", "--gravity=40", "--fine_steps=200"))
    forks = query.experiments(tmp_path, "cart_pole_fine_tuning")
    cards = [json.loads((Path(run.log_dir) / "experiment.json").read_bytes()) for run in (parent, *forks)]
    assert [card["parent"] for card in cards] == [None, cards[0]["id"], cards[0]["id"]]
    drawn = done(
        begin(tmp_path, sys.executable, "-m", "rla.cli.main", "history", forks[1].record_date, f"--root={tmp_path}")
    )
    assert [line.split(" gravity=")[0] for line in drawn.split("Forks:\n")[1].splitlines()] == [
        f"cart_pole/{parent.record_date}",
        f"├── at {known[-1]}: cart_pole_fine_tuning/{forks[0].record_date}",
        f"└── at {known[-1]}: cart_pole_fine_tuning/{forks[1].record_date}",
    ]


def test_a_policy_is_loaded_evaluated_and_filmed(tmp_path: Path) -> None:
    done(begin(tmp_path, *program("evaluate_with_video/train.py"), "--attempts=40"))
    last = done(begin(tmp_path, *program("evaluate_with_video/main.py")))
    first = done(begin(tmp_path, *program("evaluate_with_video/main.py"), "--step=0", "--episodes=1"))

    def score(output: str) -> float:
        return float(output.partition("return of ")[2].partition(";")[0])

    assert score(last) > score(first)
    videos = sorted(tmp_path.glob("results/reach_evaluation/*/*/*/*/videos/*"))
    assert len(videos) == 4
    assert sum(path.stem == "reach-0" for path in videos) == 1
    assert all(path.stat().st_size > 1000 for path in videos)
    assert {run.status for run in query.experiments(tmp_path)} == {"finished"}
