"""The example of Stable-Baselines3 runs as its users run it, and both of its ways record the same."""

from __future__ import annotations

import csv
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

import rla
from rla import CHECKPOINT, LOG, exp_manager, experiment_data_query, logger
from rla.cli.main import _group
from test.warm_python import WarmPython

pytest.importorskip("stable_baselines3")
torch = pytest.importorskip("torch")

from stable_baselines3 import PPO  # noqa: E402
from tensorboard.backend.event_processing.event_accumulator import EventAccumulator  # noqa: E402

REPOSITORY = Path(__file__).resolve().parent.parent
EXAMPLE = REPOSITORY / "example" / "sb3_ppo_example" / "main.py"
TASK = "sb3_demo"
WAYS = ("set_logger", "assign")
EXCLUDED_FROM_TENSORBOARD = {"time/iterations", "time/time_elapsed", "time/total_timesteps", "train/n_updates"}
"""Stable-Baselines3 itself excludes these."""
OF_THE_CLOCK = {"timestamp", "time/fps", "time/time_elapsed"}
Row = dict[str, str]


def folders(data_root: Path, tree: str) -> dict[str, Path]:
    """Return the folder of each way in a tree."""
    return {
        way: Path(found.dirname)
        for way in WAYS
        for found in experiment_data_query(data_root, TASK, f"**way={way}*", tree).values()
    }


def rows(folder: Path) -> list[Row]:
    with open(folder / "progress.csv", newline="") as stream:
        return list(csv.DictReader(stream))


@pytest.fixture(scope="module")
def example(tmp_path_factory: pytest.TempPathFactory, warm_python: WarmPython) -> tuple[Path, str]:
    """The data root and the output of a short run of the example."""
    data_root = tmp_path_factory.mktemp("sb3") / "data"
    environment = {"PYTHONPATH": str(REPOSITORY), "RLA_ROOT": str(data_root), "COLUMNS": "200"}
    done = warm_python.begin(EXAMPLE, "--total_steps=4096", "--save_every=1000", env=environment).done()
    assert done.returncode == 0, done.stderr
    assert "RLAWarning" not in done.stderr
    return data_root, done.stdout


def test_each_way_is_an_experiment_that_finished(example: tuple[Path, str]) -> None:
    data_root, output = example
    found = folders(data_root, LOG)
    assert list(found) == list(WAYS)
    for way, folder in found.items():
        assert json.loads((folder / "experiment.json").read_text())["status"] == "finished"
        assert f"{way}: the checkpoint of step 4096 returns" in output
    assert f"tensorboard --logdir {data_root / 'log' / TASK}" in output


@pytest.mark.parametrize("way", WAYS)
def test_its_rows_have_the_returns_of_each_rollout(example: tuple[Path, str], way: str) -> None:
    found = rows(folders(example[0], LOG)[way])
    assert [row["time-step"] for row in found if row["rollout/ep_rew_mean"]] == ["2048", "4096"]
    assert all(float(row["rollout/ep_rew_mean"]) > 5 for row in found if row["rollout/ep_rew_mean"])
    assert [row["time-step"] for row in found if row["eval/mean_return"]] == ["4096"]


@pytest.mark.parametrize("way", WAYS)
def test_tensorboard_shows_the_same_values_at_the_same_steps(example: tuple[Path, str], way: str) -> None:
    folder = folders(example[0], LOG)[way]
    accumulator = EventAccumulator(str(folder / "tb" / "events"), size_guidance={"scalars": 0}).Reload()
    tags = accumulator.Tags()["scalars"]
    shown = {tag: [(event.step, event.value) for event in accumulator.Scalars(tag)] for tag in tags}
    recorded: dict[str, list[tuple[int, float]]] = {}
    for row in rows(folder):
        for key, value in row.items():
            if value and key not in ("time-step", "timestamp"):
                recorded.setdefault(key, []).append((int(row["time-step"]), float(value)))
    assert shown.keys() == recorded.keys() - EXCLUDED_FROM_TENSORBOARD
    for tag, points in shown.items():
        assert [step for step, _ in points] == [step for step, _ in recorded[tag]]
        assert [value for _, value in points] == pytest.approx([value for _, value in recorded[tag]], rel=1e-6)


@pytest.mark.parametrize("way", WAYS)
def test_its_checkpoints_load_without_running_code_and_into_a_model(example: tuple[Path, str], way: str) -> None:
    saved = sorted(folders(example[0], CHECKPOINT)[way].glob("*.pt"))
    assert [path.name for path in saved] == ["checkpoint_3000.pt", "checkpoint_4000.pt", "checkpoint_4096.pt"]
    weights = [torch.load(path, weights_only=True)["parameters"] for path in saved]
    model = PPO("MlpPolicy", "CartPole-v1", device="cpu")
    model.set_parameters(weights[-1])
    key = "action_net.weight"
    assert not torch.equal(weights[0]["policy"][key], weights[-1]["policy"][key])
    assert torch.equal(model.policy.state_dict()[key], weights[-1]["policy"][key])


def test_its_data_root_is_in_order(example: tuple[Path, str]) -> None:
    done = CliRunner().invoke(_group, ["fsck", "--root", str(example[0]), "--json"])
    found = json.loads(done.stdout)
    assert (done.exit_code, found["experiments"], found["findings"]) == (0, 2, [])


def test_both_ways_of_the_example_record_the_same(example: tuple[Path, str]) -> None:
    one, other = (
        [{key: value for key, value in row.items() if key not in OF_THE_CLOCK} for row in rows(folder)]
        for folder in folders(example[0], LOG).values()
    )
    for found in (one, other):
        found.pop()  # the evaluation draws other episodes
    assert one == other


# ---- the two ways in a script of one's own ------------------------------------------------------------------------


def small_model() -> PPO:
    return PPO("MlpPolicy", "CartPole-v1", n_steps=64, batch_size=32, n_epochs=2, seed=7, device="cpu")


def by_set_logger(model: PPO) -> None:
    model.set_logger(rla.logger)  # type: ignore[arg-type]


def by_assignment(model: PPO) -> None:
    logger.record = logger.record_tabular
    logger.dump = logger.dump_tabular
    model._logger = logger
    model._custom_logger = True


def learned(start: Callable[..., None], give_logger: Callable[[PPO], None], calls: int = 1) -> list[dict[str, Any]]:
    """Train a small model and return its rows, without what the clock says."""
    torch.manual_seed(0)
    start(way=give_logger.__name__, log_used=("csv", "tensorboard"))
    folder = Path(exp_manager.log_dir)
    model = small_model()
    give_logger(model)
    for _ in range(calls):
        model.learn(256, reset_num_timesteps=False)
    exp_manager.finish()
    return [{key: value for key, value in row.items() if key not in OF_THE_CLOCK} for row in rows(folder)]


def test_models_that_record_by_either_way_leave_identical_rows(start: Callable[..., None]) -> None:
    one = learned(start, by_set_logger)
    assert [row["time-step"] for row in one] == ["64", "128", "192", "256"]
    assert one[-1]["train/loss"] != one[-2]["train/loss"]
    assert learned(start, by_assignment) == one


@pytest.mark.parametrize("give_logger", [by_set_logger, by_assignment])
def test_a_model_that_learns_twice_goes_on_in_its_experiment(
    start: Callable[..., None], give_logger: Callable[[PPO], None]
) -> None:
    found = learned(start, give_logger, calls=2)
    assert [row["time-step"] for row in found] == ["64", "128", "192", "256", "320", "384", "448", "512"]


@pytest.mark.parametrize("give_logger", [by_set_logger, by_assignment])
def test_each_experiment_of_one_process_gets_its_own_rows(
    start: Callable[..., None], give_logger: Callable[[PPO], None]
) -> None:
    assert [row["time-step"] for row in learned(start, give_logger)] == ["64", "128", "192", "256"]
    assert [row["time-step"] for row in learned(start, give_logger)] == ["64", "128", "192", "256"]
