"""docs/sync.md goes through two nodes and more, word by word, with an SSH server that stands for all machines."""

from __future__ import annotations

import contextlib
import io
import os
import re
import shlex
import shutil
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

from rla.cli.main import _group

REPOSITORY = Path(__file__).resolve().parents[3]
PAGE = REPOSITORY / "docs" / "sync.md"
TEXT = PAGE.read_text(encoding="utf-8").partition("\n## Two nodes")[2].partition("\n## ")[0]
MACHINES = ("main", "gpu1", "gpu2", "gpu3", "laptop")
SSHD = shutil.which("sshd", path=f"{os.environ.get('PATH', '')}:/usr/sbin:/usr/local/sbin")
PLACE = re.compile(r"# on (\w+)(?:: ([\w.]+))?\n")
SECONDS = 30.0
WIDTH = {"FORCE_COLOR": "1", "NO_COLOR": "1", "COLUMNS": "80"}
"""What makes rich draw as on a terminal of 80 columns."""

SERVER = """
Port {port}
ListenAddress 127.0.0.1
HostKey {folder}/host_key
PidFile none
AuthorizedKeysFile {folder}/authorized_keys
StrictModes no
UsePAM no
PermitRootLogin yes
PasswordAuthentication no
KbdInteractiveAuthentication no
UseDNS no
Subsystem sftp internal-sftp
"""
VARYING = (
    (re.compile(r"\d\d/\d\d/\d\d-\d\d-\d\d(-\d{6})?|\d\d:\d\d:\d\d"), "#"),  # dates and times
    (re.compile(r"[\d.,]+ (B|[KMG]iB)\b"), "# B"),
    (re.compile(r" in \d+s"), ""),
    (re.compile(r"\d+ (files?|were)"), r"# \1"),  # optional packages add to the run card, not to the files
)


class Machines:
    """Machines of one user: each has a home folder, and an SSH server that all of them can reach.

    It is one server, which knows by the key of who comes which machine is meant, and begins in its home folder.
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        with socket.create_server(("127.0.0.1", 0)) as found:
            self.port = found.getsockname()[1]
        self._make_key(folder / "host_key")
        for name in MACHINES:
            self._make_key(folder / f"to_{name}")
            (folder / name / ".ssh").mkdir(parents=True)
            (folder / name / "data" / "log").mkdir(parents=True)
        keys = {name: (folder / f"to_{name}.pub").read_text() for name in MACHINES}
        allowed = [f'restrict,command="internal-sftp -d {folder / name}" {key}' for name, key in keys.items()]
        (folder / "authorized_keys").write_text("".join(allowed))
        (folder / "sshd_config").write_text(SERVER.format(port=self.port, folder=folder))
        known = f"[127.0.0.1]:{self.port} {(folder / 'host_key.pub').read_text()}"
        hosts = "\n".join(self._host(name) for name in MACHINES)
        for name in MACHINES:
            (folder / name / ".ssh" / "known_hosts").write_text(known)
            (folder / name / ".ssh" / "config").write_text(hosts)
        (folder / "bin").mkdir()
        for command, starts in (("python", ""), ("rla", " -m rla.cli.main")):
            (folder / "bin" / command).write_text(f'#!/bin/sh\nexec {sys.executable}{starts} "$@"\n')
            (folder / "bin" / command).chmod(0o755)

    def _host(self, name: str) -> str:
        key, known = self.folder / f"to_{name}", self.folder / name / ".ssh" / "known_hosts"
        lines = (f"Host {name}", "HostName 127.0.0.1", f"Port {self.port}", f"IdentityFile {key}", "IdentitiesOnly yes")
        return "\n  ".join((*lines, f"UserKnownHostsFile {known}")) + "\n"

    def _make_key(self, path: Path) -> None:
        command = ["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-C", path.name, "-f", str(path)]
        subprocess.run(command, check=True, capture_output=True, timeout=60)

    def start(self) -> subprocess.Popen[bytes]:
        """Start the server, and wait until it answers."""
        assert SSHD is not None
        if os.getuid() == 0:
            Path("/run/sshd").mkdir(exist_ok=True)  # where sshd gives up its privileges
        with (self.folder / "log").open("wb") as log:
            command = [SSHD, "-D", "-e", "-f", str(self.folder / "sshd_config")]
            server = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=log, stderr=log)
        end = time.monotonic() + SECONDS
        while time.monotonic() < end and server.poll() is None:
            with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", self.port), timeout=5):
                return server
            time.sleep(0.02)
        server.kill()
        pytest.skip(f"sshd does not run here: {(self.folder / 'log').read_text()[-300:]}")

    def environment(self, name: str) -> dict[str, str]:
        """Return the environment of who has logged in to a machine."""
        path = f"{self.folder / 'bin'}{os.pathsep}{os.environ['PATH']}"
        own = {"HOME": str(self.folder / name), "PATH": path, "RLA_CACHE": str(self.folder / f"cache_of_{name}")}
        return {**os.environ, **own, "PYTHONPATH": str(REPOSITORY), "PYTHONUNBUFFERED": "1", **WIDTH}


@pytest.fixture(scope="module")
def machines(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Machines]:
    """The machines of the page, with their files, none of them begun."""
    if SSHD is None or shutil.which("ssh-keygen") is None:
        pytest.skip("there is no sshd (package openssh-server)")
    machines = Machines(tmp_path_factory.mktemp("machines"))
    for name, file, content in files_of_the_page():
        (machines.folder / name / file).write_text(content, encoding="utf-8")
    server = machines.start()
    try:
        yield machines
    finally:
        server.terminate()
        server.wait(timeout=30)


def files_of_the_page() -> Iterator[tuple[str, str, str]]:
    """Yield machine, name and content of each file that the page shows."""
    for block in re.findall(r"^```(?:yaml|python)\n(.*?)^```", TEXT, flags=re.M | re.S):
        if (place := PLACE.match(block)) is not None:
            yield place[1], place[2], block


@pytest.fixture(scope="module")
def answers(page: Any, machines: Machines) -> list[str]:
    """What the blocks of the page answer, one after the other."""
    found = []
    for kind, code, shown in page.blocks:
        if code not in TEXT:  # of another section, which test/sync/training runs
            found.append(as_seen(shown or ""))
            continue
        place = PLACE.match(code)
        assert place is not None, f"on which machine?\n{code}"
        lines = [] if kind == "python" else code[place.end() :].splitlines()
        answered = [answer_of(line, machines, place[1], len((shown or "").splitlines())) for line in lines]
        found.append("\n".join(map(as_seen, answered)))
    if os.environ.get("RLA_RENEW_PAGE"):
        page.renew(found)
    return found


def answer_of(line: str, machines: Machines, name: str, lines: int) -> str:
    words = shlex.split(line)
    if "--watch" in words:
        return watch(words, machines, name, lines)
    if words[0] == "rla" and not {"|", ">"} & set(words):
        with pytest.MonkeyPatch.context() as monkeypatch:
            for variable, value in machines.environment(name).items():
                monkeypatch.setenv(variable, value)
            monkeypatch.chdir(machines.folder / name)
            done = CliRunner().invoke(_group, words[1:], prog_name="rla", catch_exceptions=False)
        assert done.exit_code == 0, line + done.output
        return done.output
    if "jq" in words and shutil.which("jq") is None:
        return "jq is not installed"
    in_shell = subprocess.run(
        ["bash", "-o", "pipefail", "-c", line],
        cwd=machines.folder / name,
        env=machines.environment(name),
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert in_shell.returncode == 0, line + in_shell.stderr
    return in_shell.stdout


def watch(words: list[str], machines: Machines, name: str, lines: int) -> str:
    """Run a command until it has said all that the page shows, or nothing more comes; then press Ctrl-C."""
    process = subprocess.Popen(
        [str(machines.folder / "bin" / words[0]), *words[1:]],
        cwd=machines.folder / name,
        env=machines.environment(name),
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        start_new_session=True,
    )
    seen = io.StringIO()

    def read() -> None:
        assert process.stdout is not None
        for line in process.stdout:
            seen.write(line)

    reader = threading.Thread(target=read, daemon=True)
    reader.start()
    after_ctrl_c = 2  # lines
    end = time.monotonic() + SECONDS
    while time.monotonic() < end and seen.getvalue().count("\n") < lines - after_ctrl_c:
        time.sleep(0.05)
    process.send_signal(signal.SIGINT)
    assert process.wait(timeout=30) == 0, seen.getvalue()
    reader.join(timeout=30)
    first, *rounds = seen.getvalue().splitlines(keepends=True)
    return "".join([first, *sorted(rounds[:-2], key=lambda line: line.split()[1:]), *rounds[-2:]])


def as_seen(output: str) -> str:
    """Return what a person sees: without codes of the terminal, spaces at the ends of lines, empty lines around."""
    lines = re.sub(r"\x1b\[[0-9;?]*[A-Za-z]", "", output).splitlines()
    return "".join(f"{line.rstrip()}\n" for line in lines).strip("\n") + "\n"


def comparable(answer: str) -> list[str]:
    """Return the words of an answer, without what differs from day to day and between versions of Python."""
    for varying, instead in VARYING:
        answer = varying.sub(instead, answer)
    return [word for line in answer.splitlines() if "───" not in line for word in line.split()]


@pytest.fixture
def same(page: Any, answers: list[str]) -> Callable[[int], bool]:
    """Says whether a block shows what came out."""

    def compare(number: int) -> bool:
        if "jq is not installed" in answers[number]:
            pytest.skip("jq is not installed")
        assert comparable(answers[number]) == comparable(page.blocks[number].shown or "")
        return True

    return compare


def test_the_page_shows_what_comes_out(number: int, same: Callable[[int], bool]) -> None:
    assert same(number)


def test_the_data_roots_hold_the_same_rows(answers: list[str], machines: Machines) -> None:
    (ours,) = machines.folder.glob("gpu1/data/log/two_nodes/*/*/*/*lr=0.01/progress.csv")
    inside = ours.relative_to(machines.folder / "gpu1")
    copies = {(machines.folder / name / inside).read_bytes() for name in ("main", "laptop")}
    assert copies == {ours.read_bytes()}
    assert len(ours.read_text().splitlines()) == 101
    assert [path.parent.name[-6:] for path in (machines.folder / "main").rglob("progress.csv")].count("lr=0.1") == 1


def test_tables_fit_80_columns(page: Any) -> None:
    lines = [line for _, _, shown in page.blocks for line in (shown or "").splitlines()]
    assert [line for line in lines if len(line) > 80] == []
