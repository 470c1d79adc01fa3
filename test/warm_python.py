"""A process that has imported what takes seconds (torch, above all), and forks for each program that shall run.

The programs run as ``python program.py argument …`` would run them, in processes of their own; only the imports are
done. rla is not among them. Run as a program, this file is that process: it reads requests from its standard input.
"""

from __future__ import annotations

import contextlib
import gc
import json
import os
import runpy
import subprocess
import sys
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any

HEAVY = ("torch", "torch._dynamo", "stable_baselines3")
"""Optimizers of torch import its compiler when the first is made: two seconds."""


class WarmProgram:
    """A program that runs, with the methods of `subprocess.Popen` that tests need."""

    def __init__(self, python: WarmPython, pid: int, output: Path, problems: Path) -> None:
        self.pid = pid
        self._python, self._output, self._problems = python, output, problems

    def wait(self, timeout: float) -> int:
        """Return the exit code when it has ended; minus the number of the signal that ended it."""
        end = time.monotonic() + timeout
        while (code := self._python.ask(poll=self.pid)["code"]) is None:
            if time.monotonic() > end:
                self._python.ask(kill=self.pid)
                raise subprocess.TimeoutExpired(str(self.pid), timeout, self._output.read_text("utf-8"))
            time.sleep(0.02)
        assert isinstance(code, int)
        return code

    def done(self, timeout: float = 110) -> subprocess.CompletedProcess[str]:
        """Wait for its end, and return what it printed."""
        code = self.wait(timeout)
        output, problems = (path.read_text("utf-8") for path in (self._output, self._problems))
        return subprocess.CompletedProcess([], code, output, problems)


class WarmPython:
    """Starts programs.

    Args:
        folder: where what they print is kept.
    """

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._number = 0
        self._process: subprocess.Popen[str] | None = None

    def begin(self, program: Path, *arguments: object, env: Mapping[str, str], cwd: Path | None = None) -> WarmProgram:
        """Start a program."""
        self._number += 1
        output, problems = (self._folder / f"{self._number}.{name}" for name in ("out", "err"))
        found = self.ask(
            arguments=[str(program), *map(str, arguments)],
            folder=str(cwd or Path.cwd()),
            environment={**os.environ, **env},
            output=str(output),
            problems=str(problems),
        )
        return WarmProgram(self, found["pid"], output, problems)

    def ask(self, **request: Any) -> dict[str, Any]:
        """Send a request, and return the answer."""
        if self._process is None:
            pipe = subprocess.PIPE
            environment = {name: value for name, value in os.environ.items() if name != "PYTHONPATH"}
            command = [sys.executable, os.path.abspath(__file__)]
            self._process = subprocess.Popen(command, stdin=pipe, stdout=pipe, text=True, env=environment)
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._process.stdin.write(json.dumps(request) + "\n")
        self._process.stdin.flush()
        answer: dict[str, Any] = json.loads(self._process.stdout.readline())
        return answer

    def end(self) -> None:
        """End the process; programs that run go on."""
        if self._process is not None:
            self._process.communicate(timeout=60)


def _become(request: dict[str, Any]) -> list[str]:
    """Make this process what a fresh interpreter is for a program; return its arguments."""
    for descriptor, name, flags in (
        (0, os.devnull, os.O_RDONLY),
        (1, request["output"], os.O_WRONLY | os.O_CREAT),
        (2, request["problems"], os.O_WRONLY | os.O_CREAT),
    ):
        opened = os.open(name, flags, 0o600)
        os.dup2(opened, descriptor)
        os.close(opened)
    os.environ.clear()
    os.environ.update(request["environment"])
    os.chdir(request["folder"])
    arguments: list[str] = request["arguments"]
    folders = filter(None, os.environ.get("PYTHONPATH", "").split(os.pathsep))
    sys.path[:1] = [os.path.dirname(os.path.abspath(arguments[0])), *folders]
    sys.argv = arguments
    return arguments


def _serve() -> list[str] | None:
    """Answer requests; return the arguments of a program in the process that shall run it, None at the end."""
    for line in sys.stdin:
        request = json.loads(line)
        if "arguments" in request:
            pid = os.fork()
            if not pid:
                return _become(request)
            answer: dict[str, Any] = {"pid": pid}
        elif "kill" in request:
            os.kill(request["kill"], 9)
            os.waitpid(request["kill"], 0)
            answer = {}
        else:
            pid, status = os.waitpid(request["poll"], os.WNOHANG)
            answer = {"code": os.waitstatus_to_exitcode(status) if pid else None}
        print(json.dumps(answer), flush=True)
    return None


if __name__ == "__main__":
    for heavy in HEAVY:
        with contextlib.suppress(ImportError):
            __import__(heavy)
    gc.collect()
    gc.freeze()  # or the collector of each program looks at all of torch, and the system copies it
    if (program_and_arguments := _serve()) is not None:
        runpy.run_path(program_and_arguments[0], run_name="__main__")
