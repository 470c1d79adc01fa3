"""The process that sends is small, nobody's folder holds it, and its start costs a training little."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Callable
from pathlib import Path

from rla import exp_manager

LOADED = """
import sys
import rla.sync.background.agent, rla.sync.local
heavy = ("numpy", "pandas", "torch", "matplotlib", "tensorboardX", "psutil", "yaml", "paramiko")
print([name for name in heavy if name in sys.modules])
"""


def test_it_loads_nothing_heavy(run_python: Callable[..., subprocess.CompletedProcess[str]]) -> None:
    done = run_python(LOADED)
    assert done.stdout == "[]\n", done.stderr


def test_a_training_that_does_not_send_loads_nothing_of_it(
    run_python: Callable[..., subprocess.CompletedProcess[str]], tmp_path: Path
) -> None:
    program = """
import sys
from rla import exp_manager
exp_manager.configure("demo", {"LOG_USED": ["csv"]}, data_root="data", code_root=".")
exp_manager.log_files_gen()
exp_manager.sync_log_file()
print([name for name in sys.modules if name.startswith("rla.sync")])
"""
    assert run_python(program).stdout.splitlines()[-1] == "[]"


def test_it_is_polite_and_in_nobodys_way(sending: Callable[..., None], agents: Callable, until: Callable) -> None:
    sending()
    assert exp_manager.sync_log_file(wait=True) is not None
    (agent,) = agents(os.getpid())
    assert agent.nice() > os.getpriority(os.PRIO_PROCESS, 0)
    assert agent.cwd() == "/"
    assert os.getsid(agent.pid) == agent.pid
    assert not agent.open_files()
    assert agent.num_fds() < 8
