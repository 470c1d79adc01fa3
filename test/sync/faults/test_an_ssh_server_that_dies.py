"""An OpenSSH server that dies again and again, at any moment: no short file ever has its name, and all arrives (N1)."""

from __future__ import annotations

import contextlib
import os
import random
import threading
from pathlib import Path

import pytest

from rla.errors import UnreachableError
from rla.sync.registry import transport_to
from rla.sync.transport import Outcome, Sending
from test.sync.servers import SshServer

ROUNDS = 30
MEGABYTE = 1 << 20

pytestmark = pytest.mark.fault


class Node:
    """A data root here, which grows, and the one there."""

    def __init__(self, folder: Path, seed: int) -> None:
        self.random = random.Random(seed)
        self.here, self.there = folder / "here", folder / "there"
        self.rounds = 0
        self.known_to_be_there: dict[str, int] = {}
        self.broken: list[str] = []

    def grow(self) -> None:
        """Write what a training writes: a few small files, now and then a large one, and rows of a table."""
        self.rounds += 1
        folder = self.here / f"log/demo/{self.rounds}"
        folder.mkdir(parents=True)
        for number in range(40):
            (folder / f"{number}.json").write_bytes(self.random.randbytes(self.random.randrange(9000)))
        (folder / "model").write_bytes(self.random.randbytes(self.random.choice([300_000, 3 * MEGABYTE])))
        with (self.here / "log/demo/progress.csv").open("ab") as table:
            table.write(b"%d," % self.rounds + self.random.randbytes(self.random.choice([50, 400_000])).hex().encode())

    def sendings(self) -> list[Sending]:
        """What is not known to be there."""
        made = []
        for source in sorted(path for path in self.here.rglob("*") if path.is_file()):
            path, size = str(source.relative_to(self.here)), source.stat().st_size
            known = self.known_to_be_there.get(path, 0)
            if known < size or path not in self.known_to_be_there:
                grows = path.endswith("csv")
                made.append(
                    Sending(str(source), path, size, known if grows else 0, "" if grows else str(size), grows=grows)
                )
        self.random.shuffle(made)
        return made

    def note(self, outcome: Outcome) -> None:
        assert isinstance(outcome.job, Sending)
        assert outcome.problem is None, outcome.problem
        if outcome.complete:
            self.known_to_be_there[outcome.job.path] = outcome.job.size

    def look(self) -> None:
        """Note files at the other end that are there under their names, and not as they should be."""
        for path in self.there.rglob("*"):
            if path.is_file() and not path.name.startswith("."):
                content, source = path.read_bytes(), (self.here / path.relative_to(self.there)).read_bytes()
                whole = content == source or (path.suffix == ".csv" and source.startswith(content))
                if not whole:
                    self.broken.append(str(path))


def let_it_die(folder: Path, rounds: int) -> Node:
    node = Node(folder, seed=int.from_bytes(os.urandom(4), "big"))
    with SshServer(folder / "ssh") as server:
        transport = transport_to(server.remote(node.there))
        for _ in range(rounds):
            node.grow()
            killer = threading.Timer(node.random.uniform(0.05, 0.5), server.kill)
            killer.start()
            with contextlib.suppress(UnreachableError), transport:
                for outcome in transport.send(node.sendings()):
                    node.note(outcome)
            killer.join()
            node.look()
            server.start()
        with transport:
            for outcome in transport.send(node.sendings()):
                node.note(outcome)
    return node


def test_all_arrives_and_nothing_is_ever_short(tmp_path: Path) -> None:
    node = let_it_die(tmp_path, ROUNDS)

    assert node.broken == []
    sent = {str(path.relative_to(node.here)): path.read_bytes() for path in node.here.rglob("*") if path.is_file()}
    assert {path: (node.there / path).read_bytes() for path in sent} == sent
    assert node.sendings() == []


def test_mutant_files_that_are_written_under_their_names_are_seen(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(Sending, "part", property(lambda self: self.path))

    assert let_it_die(tmp_path, ROUNDS).broken
