"""The password of the main node reaches the process that logs in, and nobody else: no file, no list of processes."""

from __future__ import annotations

import copy
import hashlib
import os
import pickle
import subprocess
import sys
import traceback
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from rla import exp_manager
from rla.config import load_settings
from rla.sync.remote import remotes_of

SECRET = "hunter2-Kein.Wort/davon"
TOKEN = "ghp_0123456789abcdefghijklmnopqrstuvwxyz"
SECRETS = (SECRET, TOKEN)
HERE = Path(__file__).resolve().parent

CONFIGURATION = """
LOG_USED: [stdout, log, csv, tensorboard]
DL_FRAMEWORK: plain
SEND_LOG_FILE: True
BACKUP_CONFIG:
  backup_code_dir: [train.py]
REMOTE_SETTING:
  file_transfer_protocol: local
  remote_data_root: {there}
  username: agent
  {password}
  every: 0.1
  trees: all
"""

TRAINING = """
import os, sys, time
from rla import exp_manager, logger
password, api_token = open("../the words").read().split()
exp_manager.set_hyper_param(lr=0.1, token=api_token, password=password)
exp_manager.add_record_param(["lr", "token"])
exp_manager.configure("demo", "rla_config.yaml", data_root="data")
exp_manager.log_files_gen()
exp_manager.print_args()
def mood(text):
    with open(sys.argv[1] + ".mood", "w") as stream:
        stream.write(text)
def step(count):
    logger.record_tabular("value", count)
    logger.dump_tabular(count)
    exp_manager.sync_log_file()
    time.sleep(0.05)
for number, each in enumerate(("unreachable", "broken", "refused")):
    mood(each)
    for count in range(3):
        step(number * 10 + count)
    exp_manager.save_checkpoint({"step": number}, related_variable={"config": exp_manager.settings.source})
    exp_manager.sync_log_file(skip_error=True, wait=True)
logger.info(exp_manager.settings, exp_manager._sync, vars(exp_manager._sync))
print("look", flush=True)
sys.stdin.readline()
exp_manager.add_custom_data("remote", exp_manager._sync.remotes, mode="overwrite", dtype=tuple)
exp_manager.serialize_object_and_save()
raise ValueError(exp_manager._sync.remotes)
"""

PLACES = {
    "text": "password: {secret}",
    "variable": "password_env: MAIN_NODE_WORD",
    "command": "password_command: cat {file}",
}


FIRST, *OTHERS = PLACES


@pytest.fixture(params=[FIRST, *(pytest.param(place, marks=pytest.mark.fault) for place in OTHERS)])
def project(request: pytest.FixtureRequest, tmp_path: Path) -> Path:
    """A project whose configuration has the password in one of its places."""
    folder, file = tmp_path / "project", tmp_path / "the password"
    folder.mkdir()
    file.write_text(f"{SECRET}\n")
    place = PLACES[request.param].format(secret=SECRET, file=f"'{file}'")
    (folder / "rla_config.yaml").write_text(CONFIGURATION.format(there=tmp_path / "there", password=place))
    (folder / "train.py").write_text(TRAINING)
    (tmp_path / "the words").write_text("\n".join(SECRETS))
    return folder


@pytest.fixture
def process(project: Path, tmp_path: Path, agents: Callable) -> Iterator[subprocess.Popen[str]]:
    repository = HERE.parents[2]
    needs_it = "MAIN_NODE_WORD" in (project / "rla_config.yaml").read_text()
    started = subprocess.Popen(
        [sys.executable, "train.py", str(tmp_path / "there")],
        stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, cwd=project,
        env={
            **os.environ, **({"MAIN_NODE_WORD": SECRET} if needs_it else {}), "RLA_TEST_TRANSPORT": "Moody",
            "PYTHONPATH": f"{HERE / 'odd_servers'}{os.pathsep}{repository}",
        },
    )  # fmt: skip
    yield started
    for agent in agents(started.pid):
        agent.kill()
    started.kill()
    started.communicate()


def test_after_a_training_with_all_of_it_the_password_is_nowhere(
    process: subprocess.Popen[str], project: Path, tmp_path: Path, agents: Callable
) -> None:
    assert process.stdout is not None
    output = ""
    while not output.endswith("look\n"):
        output += (line := process.stdout.readline())
        assert line, output
    (agent,) = agents(process.pid)
    seen = {"its command line": Path(f"/proc/{agent.pid}/cmdline").read_bytes()}
    seen["its environment"] = Path(f"/proc/{agent.pid}/environ").read_bytes()
    Path(tmp_path / "there.mood").unlink()
    output += process.communicate("\n", timeout=60)[0]
    seen["what was printed"] = output.encode()
    for root in (project / "data", tmp_path / "there", Path(f"{tmp_path}/there.attempts")):
        for path in [root, *root.rglob("*")]:
            if path.is_file():
                seen[str(path)] = path.read_bytes()
    digests = set(Path(f"{tmp_path}/there.attempts").read_text().split()) - {"attempt"}
    assert digests == {hashlib.sha256(SECRET.encode()).hexdigest()}  # who logs in has it
    assert any("progress.csv" in name for name in seen)
    assert any("rla_config.yaml" in name for name in seen)
    assert "ValueError: (Remote(" in output
    leaks = [(name, secret) for name, content in seen.items() for secret in SECRETS if secret.encode() in content]
    assert leaks == []


def test_no_text_copy_or_pickle_of_what_is_at_work_has_it(sending: Callable[..., None]) -> None:
    sending(password=SECRET)
    exp_manager.sync_log_file()
    sync = exp_manager._sync
    assert sync is not None
    assert sync.remotes[0].password.get() == SECRET
    texts = [repr(sync), str(sync.remotes), repr(vars(sync)), repr(exp_manager.settings), str(sync.command)]
    assert not [text for text in texts if SECRET in text]
    for make in (pickle.dumps, copy.deepcopy):
        with pytest.raises(TypeError, match="a password is not pickled"):
            make(sync.remotes)


def test_a_traceback_with_all_local_variables_has_none(tmp_path: Path) -> None:
    config = {"REMOTE_SETTING": {"password": SECRET, "ftp_server": "main"}}
    try:
        remotes_of(load_settings(config))  # there is no remote_data_root
    except ValueError as error:
        shown = traceback.TracebackException.from_exception(error, capture_locals=True)
        frames = [line for line in shown.format() if "test_secrets" not in line and "'REMOTE_SETTING': {" not in line]
        assert SECRET not in "".join(frames)
