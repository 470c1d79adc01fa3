"""The run card says what a run ran with: packages, hardware, git and code; it has no secrets."""

from __future__ import annotations

import json
import os
import platform
import subprocess
import sys
from collections.abc import Callable
from importlib.metadata import version
from pathlib import Path
from typing import Any

import pytest

from rla.database.run_card import read_run_card

Json = dict[str, Any]
REPOSITORY = Path(__file__).resolve().parents[2]
SECRET = "open-sesame"
SCRIPT = """\
import sys
from rla import exp_manager
exp_manager.set_hyper_param(seed=len(sys.argv))
exp_manager.configure("demo_task", rla_config="rla_config.yaml", data_root="../data")
exp_manager.log_files_gen()
"""
CARD = {"id": "a", "task": "demo_task", "record_date": "b", "node": "c", "index_name": "d", "host": "vm"}
CONFIG = f"LOG_USED: [csv]\nBACKUP_CONFIG:\n  backup_code_dir: [net]\nREMOTE_SETTING:\n  password: {SECRET}\n"


def git(folder: Path, *arguments: str) -> str:
    done = subprocess.run(["git", "-C", folder, *arguments], capture_output=True, text=True, check=True)
    return done.stdout.strip()


@pytest.fixture
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A project in a git repository whose remote has a password."""
    for name in [name for name in os.environ if name.startswith("GIT_")]:
        monkeypatch.delenv(name)
    monkeypatch.setenv("GIT_CONFIG_GLOBAL", os.devnull)
    monkeypatch.setenv("GIT_CONFIG_NOSYSTEM", "1")
    folder = tmp_path / "project"
    (folder / "net").mkdir(parents=True)
    (folder / "train.py").write_text(SCRIPT)
    (folder / "rla_config.yaml").write_text(CONFIG)
    (folder / "net/mlp.py").write_text("WIDTH = 64\n")
    git(tmp_path, "init", "-q", "-b", "main", str(folder))
    git(folder, "remote", "add", "origin", f"https://somebody:{SECRET}@example.org/net.git")
    git(folder, "add", "--all")
    git(folder, "-c", "user.name=somebody", "-c", "user.email=a@example.org", "commit", "-qm", "first")
    return folder


@pytest.fixture
def train(project: Path, cards: Callable[[], list[Json]]) -> Callable[..., Json]:
    """Run the script and return the card of its experiment: ``train("--fast")``."""

    def run(*arguments: str) -> Json:
        done = subprocess.run(
            [sys.executable, "train.py", *arguments],
            cwd=project,
            env={**os.environ, "PYTHONPATH": str(REPOSITORY), "MY_TOKEN": SECRET, "MY_VARIABLE": "of-the-shell"},
            capture_output=True,
            text=True,
            timeout=60,
            check=False,
        )
        assert done.returncode == 0, done.stderr
        return cards()[-1]

    return run


def test_it_has_packages_and_hardware(train: Callable[..., Json]) -> None:
    card = train()
    for name in ("numpy", "pyyaml", "ormsgpack", "tensorboardx"):
        assert card["packages"][name] == version(name)
    assert card["python"] == platform.python_version()
    assert card["hardware"]["cores"] == len(os.sched_getaffinity(0))
    assert card["hardware"]["memory_gib"] > 0
    assert card["hardware"]["system"].startswith(platform.system())


def test_it_has_the_state_of_the_repository(project: Path, train: Callable[..., Json]) -> None:
    card = train()
    assert card["git_commit"] == git(project, "rev-parse", "HEAD")
    assert (card["git_branch"], card["git_dirty"]) == ("main", False)
    assert card["git_remote"] == "https://example.org/net.git"
    (project / "train.py").write_text(SCRIPT + "# more\n")
    assert train()["git_dirty"] is True


def test_it_has_no_secrets_and_nothing_of_the_environment(train: Callable[..., Json]) -> None:
    card = train("--api-key", SECRET, f"--password={SECRET}", f"env.token={SECRET}", "--steps=10")
    text = json.dumps(card)
    assert SECRET not in text
    assert "MY_TOKEN" not in text
    assert "of-the-shell" not in text
    assert card["command"][1:] == ["train.py", "--api-key", "***", "--password=***", "env.token=***", "--steps=10"]


def test_equal_code_has_one_digest_and_other_code_another(project: Path, train: Callable[..., Json]) -> None:
    first = train()
    assert len(first["code"]) == 16
    assert train("--other")["code"] == first["code"]
    (project / "net/mlp.py").write_text("WIDTH = 128\n")
    assert train()["code"] != first["code"]


def test_a_change_that_is_undone_gives_the_first_digest_again(project: Path, train: Callable[..., Json]) -> None:
    first = train()["code"]
    (project / "net/mlp.py").write_text("WIDTH = 128\n")
    train()
    (project / "net/mlp.py").write_text("WIDTH = 64\n")
    assert train()["code"] == first


def test_a_file_that_is_not_kept_changes_no_digest(project: Path, train: Callable[..., Json]) -> None:
    first = train()["code"]
    (project / "notes.md").write_text("not listed")
    assert train()["code"] == first


def test_a_card_with_unknown_fields_is_read_and_they_are_kept(tmp_path: Path) -> None:
    (tmp_path / "experiment.json").write_text(json.dumps({**CARD, "mood": "good", "extra": {"a": 1}}))
    read = read_run_card(tmp_path)
    assert read is not None
    assert read.extra == {"mood": "good", "extra": {"a": 1}}
    assert read.host == "vm"


@pytest.mark.parametrize(
    ("field", "wrong", "instead"),
    [
        ("packages", ["numpy"], {}),
        ("packages", {"numpy": 2}, {}),
        ("hardware", "big", {}),
        ("git_dirty", "yes", None),
        ("code", 12, None),
        ("command", "python train.py", []),
        ("pid", "7", 0),
        ("start", None, 0.0),
        ("tags", [1], []),
    ],
)
def test_a_field_of_a_wrong_type_counts_as_missing(tmp_path: Path, field: str, wrong: object, instead: object) -> None:
    (tmp_path / "experiment.json").write_text(json.dumps({**CARD, field: wrong}))
    read = read_run_card(tmp_path)
    assert read is not None
    assert getattr(read, field) == instead
    assert read.host == "vm"


@pytest.mark.parametrize(
    ("given", "shown"),
    [
        (["--wandb_api_key=hunter2"], ["--wandb_api_key=***"]),
        (["--password", "-hunter2"], ["--password", "***"]),
        (["--db=postgres://bob:hunter2@host/runs"], ["--db=postgres://***@host/runs"]),
        (["--n_tokens", "5", "--max-tokens=512"], ["--n_tokens", "5", "--max-tokens=512"]),
        (["--token", "--lr", "0.1"], ["--token", "--lr", "0.1"]),
    ],
)
def test_of_the_command_line_only_secrets_are_masked(
    train: Callable[..., dict[str, Any]], given: list[str], shown: list[str]
) -> None:
    assert train(*given)["command"][2:] == shown
