"""What the main node does not have yet is counted without asking it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

from rla.database.trees import ExperimentPlace
from rla.sync.not_sent import find_not_sent
from rla.sync.remote import parse_remote
from rla.sync.sender import Sender


def test_files_and_bytes_that_have_not_travelled(
    recorded_run: Callable[..., ExperimentPlace], tmp_path: Path, picture_of: Callable
) -> None:
    place = recorded_run(lr=0.1)
    remote = parse_remote(str(tmp_path / "main node"))
    unused = replace(remote, host="never asked")
    log = place.path("log")
    everything = [path.stat().st_size for path in log.rglob("*") if path.is_file()]
    assert find_not_sent(place, [unused, remote], ["log"]) == (len(everything), sum(everything))
    Sender(place.data_root, [remote]).send([place])
    before = picture_of(tmp_path, without="nothing")
    assert find_not_sent(place, [unused, remote], ["log"]) == (0, 0)
    with open(log / "progress.csv", "a") as stream:
        stream.write("1.0,20,2.0\n")
    (log / "parameter.json").write_text("{}")
    assert find_not_sent(place, [unused, remote], ["log"]) == (2, 13)
    assert find_not_sent(place, [unused, remote], ["log", "results"]) == (3, 13 + len("a figure"))
    after = picture_of(tmp_path, without="nothing")
    assert {name for name in after if after[name] != before.get(name)} == {
        str(path.relative_to(tmp_path)) for path in (log / "progress.csv", log / "parameter.json")
    }
