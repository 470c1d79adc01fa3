"""A single-file script of CleanRL's kind records by one changed import line, and runs unchanged with torch's writer."""

from __future__ import annotations

import csv
import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

pytest.importorskip("torch")
pytest.importorskip("gymnasium")
pytest.importorskip("tensorboard")

from tensorboard.backend.event_processing.event_accumulator import EventAccumulator  # noqa: E402

from test.warm_python import WarmPython  # noqa: E402

REPOSITORY = Path(__file__).resolve().parent.parent
SCRIPT = REPOSITORY / "example" / "cleanrl_ppo" / "main.py"
OURS = "from rla.adapt.summary_writer import SummaryWriter"
OF_TORCH = "from torch.utils.tensorboard import SummaryWriter"
OF_TENSORBOARDX = "from tensorboardX import SummaryWriter"
OF_THE_CLOCK = "charts/SPS"
STEPS = 2048

Points = dict[str, list[tuple[int, float]]]


def run(python: WarmPython, folder: Path, import_line: str) -> subprocess.CompletedProcess[str]:
    """Run the script for a few thousand steps, with another import line in place of ours."""
    text = SCRIPT.read_text(encoding="utf-8")
    assert text.count(f"\n{OURS}\n") == 1
    script = folder / "ppo.py"
    script.write_text(text.replace(f"\n{OURS}\n", f"\n{import_line}\n"), encoding="utf-8")
    arguments = ("--total-timesteps", STEPS, "--seed", 7)
    return python.begin(script, *arguments, env={"PYTHONPATH": str(REPOSITORY)}, cwd=folder).done()


@pytest.fixture(scope="module")
def recorded(tmp_path_factory: pytest.TempPathFactory, warm_python: WarmPython) -> Callable[[str], tuple[Path, str]]:
    """Run the script once with an import line; return the folder of the run and what was printed."""
    done: dict[str, tuple[Path, str]] = {}

    def record(import_line: str) -> tuple[Path, str]:
        if import_line not in done:
            folder = tmp_path_factory.mktemp("cleanrl")
            result = run(warm_python, folder, import_line)
            assert result.returncode == 0, result.stderr
            assert "Warning" not in result.stderr
            (of_the_run,) = (folder / "runs").iterdir()
            done[import_line] = of_the_run, result.stdout
        return done[import_line]

    return record


def rows(folder: Path) -> list[dict[str, str]]:
    with open(folder / "progress.csv", newline="") as stream:
        return list(csv.DictReader(stream))


def view(folder: Path) -> Any:
    return EventAccumulator(str(folder), size_guidance={"scalars": 0, "tensors": 0}).Reload()


def points(folder: Path) -> Points:
    found = view(folder)
    return {tag: [(each.step, each.value) for each in found.Scalars(tag)] for tag in found.Tags()["scalars"]}


def test_the_line_that_it_had_before_stands_above_ours() -> None:
    lines = SCRIPT.read_text(encoding="utf-8").splitlines()
    assert lines[lines.index(OURS) - 1] == f"# {OF_TORCH}"
    assert [line for line in lines if line.startswith(("import ", "from ")) and "rla" in line] == [OURS]


def test_progress_csv_has_a_row_for_each_step_with_something_to_tell(recorded: Callable[..., Any]) -> None:
    folder, output = recorded(OURS)
    found = rows(folder)
    assert folder.name.startswith("CartPole-v1__ppo__7__")
    assert f"Recorded in runs/{folder.name}" in output
    updates = [row for row in found if row["losses/value_loss"]]
    assert [int(row["time-step"]) for row in updates] == list(range(512, STEPS + 1, 512))
    assert all(row["charts/SPS"] and row["losses/policy_loss"] and row["charts/learning_rate"] for row in updates)
    episodes = [row for row in found if row["charts/episodic_return"]]
    assert len(episodes) > 30
    assert all(float(row["charts/episodic_return"]) == int(row["charts/episodic_length"]) for row in episodes)
    steps = [int(row["time-step"]) for row in found]
    assert steps == sorted(steps)


def test_tensorboard_shows_what_the_rows_say(recorded: Callable[..., Any]) -> None:
    folder, _ = recorded(OURS)
    shown = points(folder)
    in_rows: Points = {}
    for row in rows(folder):
        for key, cell in row.items():
            if cell and key not in ("time-step", "timestamp"):
                in_rows.setdefault(key, []).append((int(row["time-step"]), float(cell)))
    assert shown.keys() == in_rows.keys()
    for tag, found in shown.items():
        assert [step for step, _ in found] == [step for step, _ in in_rows[tag]]
        assert [value for _, value in found] == pytest.approx([value for _, value in in_rows[tag]], rel=1e-6)


@pytest.mark.load
@pytest.mark.parametrize("import_line", [OF_TORCH, OF_TENSORBOARDX])
def test_it_records_the_same_as_with_the_writer_that_it_had_before(
    recorded: Callable[..., Any], import_line: str
) -> None:
    if import_line == OF_TENSORBOARDX:
        pytest.importorskip("tensorboardX")
    real, ours = (points(recorded(line)[0]) for line in (import_line, OURS))
    for found in (real, ours):
        found.pop(OF_THE_CLOCK)
    assert ours == real


def test_the_hyper_parameters_are_the_same_text(recorded: Callable[..., Any]) -> None:
    texts = []
    for line in (OF_TORCH, OURS):
        (event,) = view(recorded(line)[0]).Tensors("hyperparameters/text_summary")
        texts.append((event.step, event.tensor_proto.string_val))
    assert texts[1] == texts[0]
    assert b"|total_timesteps|2048|" in texts[0][1][0]
