"""A training that sends to a real OpenSSH: the server dies and comes back, is unknown, or never says a word."""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from rla import exp_manager, logger
from rla.errors import HostKeyError
from test.sync.servers import SshServer


@pytest.fixture
def server(tmp_path: Path) -> Iterator[SshServer]:
    with SshServer(tmp_path / "ssh") as started:
        yield started


@pytest.fixture
def remote(server: SshServer, there: Path) -> dict[str, Any]:
    """Where to and how, as a configuration says it."""
    there.mkdir()
    keys = {"key_file": str(server.key_file), "known_hosts": str(server.known_hosts), "agent": False}
    place = {"ftp_server": "127.0.0.1", "port": server.port, "remote_data_root": str(there)}
    return {"file_transfer_protocol": "sftp", "timeout": 5, **place, **keys}


def told() -> str:
    logger.flush()
    return Path(exp_manager.log_dir, "log.txt").read_text()


def test_a_server_that_dies_and_comes_back_gets_everything(
    sending: Callable[..., None], dump: Callable[[int], None], server: SshServer, remote: dict[str, Any],
    until: Callable, data_root: Path, there: Path, content_of: Callable,
) -> None:  # fmt: skip
    sending(**remote)
    dump(1)
    report = exp_manager.sync_log_file(wait=True)
    assert report is not None
    assert report.complete
    server.kill()
    for step in range(2, 50):
        dump(step)
    until(lambda: time.sleep(0.05) or exp_manager.sync_log_file() or "cannot be sent at the moment" in told())
    server.start()
    until(lambda: time.sleep(0.05) or exp_manager.sync_log_file() or "are sent again" in told())
    exp_manager.finish()
    assert content_of(there) == content_of(data_root)


def test_a_host_that_is_unknown_gets_nothing_and_the_warning_says_how_to_accept_it(
    sending: Callable[..., None], server: SshServer, remote: dict[str, Any], until: Callable, there: Path
) -> None:
    sending(**{**remote, "known_hosts": str(server.folder / "nobody"), "password": "hunter2"})
    with pytest.raises(HostKeyError, match="ssh-keyscan"):
        exp_manager.sync_log_file(wait=True)
    exp_manager.sync_log_file()
    assert "ssh-keyscan" in Path(exp_manager.log_dir, "warn.txt").read_text() or "ssh-keyscan" in told()
    assert list(there.iterdir()) == []


@pytest.mark.fault
@pytest.mark.parametrize("round_", range(5))
def test_a_server_that_is_killed_again_and_again_has_no_short_file(
    training: Callable, server: SshServer, remote: dict[str, Any], data_root: Path, there: Path, content_of: Callable,
    round_: int,
) -> None:  # fmt: skip
    program = """
for number in range(8):
    with open(exp_manager.checkpoint_dir + f"policy_{number}.pt", "wb") as stream:
        stream.write(os.urandom(3_000_000 + number))
print("go", flush=True)
end = time.monotonic() + 4
dump_until(lambda: time.monotonic() > end)
"""
    process = training(program, REMOTE_SETTING={**remote, "trees": ["log", "checkpoint"], "wait_at_end": 60})
    assert process.stdout.readline() == "go\n"
    for number in range(6):
        time.sleep(0.1 + 0.07 * ((round_ + number) % 5))
        server.kill()
        here = content_of(data_root, "checkpoint")
        for name, content in content_of(there, "checkpoint").items():
            assert name.endswith(".part") or content == here[name], name
        server.start()
    output, errors = process.communicate(timeout=100)
    assert process.returncode == 0, errors
    trees = ("log", "checkpoint")
    found = {name: content for name, content in content_of(there, *trees).items() if not name.endswith(".part")}
    assert found == content_of(data_root, *trees), output
    assert json.loads(next(there.rglob("experiment.json")).read_text())["status"] == "finished"


@pytest.mark.fault
def test_a_server_that_never_says_a_word_holds_up_nothing(training: Callable, silent_port: int, tmp_path: Path) -> None:
    remote = {"file_transfer_protocol": "sftp", "ftp_server": "127.0.0.1", "port": silent_port, "every": 30}
    remote |= {"remote_data_root": "data", "username": "agent", "timeout": 10}
    program = "for step in range(50):\n    dump(step)\n    exp_manager.sync_log_file()\nprint(time.monotonic())"
    process = training(program, REMOTE_SETTING=remote)
    output, errors = process.communicate(timeout=100)
    assert time.monotonic() - float(output.splitlines()[0]) < 10, errors
    assert "have not reached the main node" in output
