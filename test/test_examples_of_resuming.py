"""The examples of going on run as their users run them: after a crash, after a preemption, and with a loaded policy."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from rla import query, read_progress

pytest.importorskip("gymnasium")

REPOSITORY = Path(__file__).resolve().parent.parent


def begin(root: Path, *command: str) -> subprocess.Popen[str]:
    environment = {**os.environ, "PYTHONPATH": str(REPOSITORY), "RLA_ROOT": str(root)}
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


def test_a_crashed_training_ends_with_the_numbers_of_an_undisturbed_one(tmp_path: Path) -> None:
    pytest.importorskip("torch")
    main = (*program("resume_after_crash/main.py"), "--total_steps=700", "--save_every=300")
    undisturbed, crash = begin(tmp_path / "a", *main), begin(tmp_path / "b", *main, "--crash_at=500")
    assert crash.wait(timeout=120) == -signal.SIGKILL
    resumed = done(begin(tmp_path / "b", *main, "--resume", "seed=0"))
    assert resumed.splitlines()[0] == "It goes on at step 300."
    assert resumed.splitlines()[-1] == done(undisturbed).splitlines()[-1]
    assert "Its weights add up to" in resumed
    one, other = (query.experiments(tmp_path / root, "resume_demo")[0] for root in "ab")
    assert [row["loss"] for row in read_progress(one.log_dir).rows if "loss" in row] == [
        row["loss"] for row in read_progress(other.log_dir).rows if "loss" in row
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
