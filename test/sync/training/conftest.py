"""Fixtures for trainings that send their records: here, or in a process of their own, to a folder or an odd server."""

from __future__ import annotations

import json
import os
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import psutil
import pytest

from rla import exp_manager, logger

REPOSITORY = Path(__file__).resolve().parents[3]
ODD_SERVERS = Path(__file__).resolve().parent / "odd_servers"
WAIT_SECONDS = 60.0

SET_UP = """
import json, os, signal, sys, threading, time
from rla import exp_manager, logger

def configure():
    remote = {"file_transfer_protocol": "local", "remote_data_root": sys.argv[2], "every": 0.1, "timeout": 2}
    settings = json.loads(sys.argv[3])
    remote |= settings.pop("REMOTE_SETTING", {})
    settings = {"LOG_USED": ["csv", "log"], "SEND_LOG_FILE": True, "REMOTE_SETTING": remote, **settings}
    exp_manager.configure("demo", settings, data_root=sys.argv[1], code_root=sys.argv[1])

def dump(step):
    logger.record_tabular("value", step)
    logger.dump_tabular(step)

def dump_until(happens, step=0):
    while not happens():
        step += 1
        dump(step)
        exp_manager.sync_log_file()
        time.sleep(0.02)
    return step

def warnings():
    logger.flush()
    with open(exp_manager.log_dir + "warn.txt") as stream:
        return stream.read().splitlines()

def arrived(name="experiment.json"):
    return any(name in names for _, _, names in os.walk(sys.argv[2]))

os.makedirs(sys.argv[1], exist_ok=True)
configure()
exp_manager.log_files_gen()
"""


@pytest.fixture
def there(tmp_path: Path) -> Path:
    """The data root of the main node, which does not exist yet."""
    return tmp_path / "there"


@pytest.fixture
def sending(data_root: Path, there: Path) -> Callable[..., None]:
    """Start an experiment of the global manager that sends: ``sending(trees="all")``."""

    def start(is_master_node: bool = False, task: str = "demo", **remote: Any) -> None:
        setting = {"file_transfer_protocol": "local", "remote_data_root": str(there), "every": 0.05, **remote}
        config = {"LOG_USED": ["csv", "log"], "SEND_LOG_FILE": True, "REMOTE_SETTING": setting}
        data_root.mkdir(exist_ok=True)
        exp_manager.configure(task, config, data_root, is_master_node=is_master_node, code_root=data_root)
        exp_manager.log_files_gen()

    return start


@pytest.fixture
def training(data_root: Path, there: Path, tmp_path: Path) -> Iterator[Callable[..., subprocess.Popen[str]]]:
    """Start a program that has begun an experiment and sends it: ``training("dump(1)", transport="Slow")``."""
    started: list[subprocess.Popen[str]] = []

    def start(
        program: str, transport: str = "", env: dict[str, str] | None = None, here: Path = data_root,
        there: Path = there, **settings: Any,
    ) -> Any:  # fmt: skip
        process = subprocess.Popen(
            [sys.executable, "-c", SET_UP + program, str(here), str(there), json.dumps(settings)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            cwd=tmp_path,
            env={
                **os.environ,
                "PYTHONPATH": f"{ODD_SERVERS}{os.pathsep}{REPOSITORY}",
                "RLA_TEST_TRANSPORT": transport,
                **(env or {}),
            },
        )
        started.append(process)
        return process

    yield start
    for process in started:
        for agent in agents_of(process.pid):
            agent.kill()
        process.kill()
        process.communicate()


@pytest.fixture
def silent_port() -> Iterator[int]:
    """A port on which connections are accepted, and nothing is ever said."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        yield server.getsockname()[1]


def agents_of(pid: int) -> list[psutil.Process]:
    """Return the processes that send for a training."""
    try:
        children = psutil.Process(pid).children()
    except psutil.NoSuchProcess:
        return []
    return [child for child in children if "rla.sync.background.agent" in " ".join(_command_of(child))]


def _command_of(process: psutil.Process) -> list[str]:
    try:
        return process.cmdline()
    except psutil.Error:
        return []


def wait_until(happens: Callable[[], Any]) -> Any:
    """Wait until something is so, and return it."""
    end = time.monotonic() + WAIT_SECONDS
    while not (found := happens()):
        assert time.monotonic() < end, "it did not happen"
        time.sleep(0.02)
    return found


@pytest.fixture
def until() -> Callable[[Callable[[], Any]], Any]:
    """Wait until something is so: ``until(lambda: path.exists())``."""
    return wait_until


@pytest.fixture
def agents() -> Callable[[int], list[psutil.Process]]:
    """The processes that send for a training: ``agents(process.pid)``."""
    return agents_of


@pytest.fixture
def content_of() -> Callable[..., dict[str, bytes]]:
    """The files of a data root that travel, with their content: ``content_of(data_root)`` (of the log tree)."""

    def content(root: Path, *trees: str) -> dict[str, bytes]:
        return {
            str(path.relative_to(root)): path.read_bytes()
            for tree in trees or ("log",)
            for path in (root / tree).rglob("*")
            if path.is_file() and ".journal" not in path.parts
        }

    return content


def row(step: int) -> None:
    logger.record_tabular("value", step)
    logger.dump_tabular(step)


@pytest.fixture
def dump() -> Callable[[int], None]:
    """Record a row: ``dump(3)``."""
    return row
