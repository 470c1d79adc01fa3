"""Several nodes send into one data root at the same time: folders that all of them need, and files of their own."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from rla.database.trees import ExperimentPlace
from rla.sync.remote import Remote, parse_remote
from rla.sync.report import SyncReport
from rla.sync.sender import Sender
from test.sync.servers import SshServer

NODES, RUNS = 6, 5


@pytest.fixture(params=["local", "sftp"])
def main_node(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Remote]:
    """The address of the data root that all send to."""
    if request.param == "local":
        yield parse_remote(str(tmp_path / "main"))
    else:
        with SshServer(tmp_path / "ssh") as server:
            yield server.remote(tmp_path / "main")


def node(folder: Path, number: int) -> list[ExperimentPlace]:
    """Write the experiments of a node, all of the same task and day."""
    places = []
    for run in range(RUNS):
        place = ExperimentPlace(folder, "demo", "2026/11/20", f"13-00-0{run}-000000_10.0.0.{number}_&lr=0.1")
        place.path("log").mkdir(parents=True)
        (place.path("log") / "progress.csv").write_text(f"loss,time-step,timestamp\n{number},{run},1.0\n")
        (place.path("log") / "parameter.json").write_text("{}")
        places.append(place)
    return places


def content(root: Path) -> dict[str, bytes]:
    found = (path for path in (root / "log").rglob("*") if path.is_file())
    return {str(path.relative_to(root)): path.read_bytes() for path in found}


def test_all_of_it_arrives(main_node: Remote, tmp_path: Path) -> None:
    nodes = [node(tmp_path / f"node{number}", number) for number in range(NODES)]
    barrier = threading.Barrier(NODES)
    reports: list[SyncReport] = []

    def send(places: list[ExperimentPlace]) -> None:
        sender = Sender(places[0].data_root, [main_node])
        barrier.wait()
        reports.append(sender.send(places))
        sender.close()

    threads = [threading.Thread(target=send, args=(places,)) for places in nodes]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)

    assert [report.problems for report in reports] == [{}] * NODES
    expected = {path: data for number in range(NODES) for path, data in content(tmp_path / f"node{number}").items()}
    assert content(tmp_path / "main") == expected
