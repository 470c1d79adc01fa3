"""Several processes may refresh an index at once: each answers rightly, and the index is whole afterwards."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

from rla.database.index.index import Index

PROGRAM = """
import sys
from pathlib import Path
from rla.database.index.index import Index
from rla.query.rows import read_rows
index = Index(Path(sys.argv[1]), read_rows)
print("ready", flush=True)
sys.stdin.read(1)
for fresh in (False, True):
    index.refresh(fresh=fresh)
    print(len(index.ask(lambda store: store.select("1"))), flush=True)
"""


def test_all_have_the_whole_answer(
    experiment: Callable[..., Path],
    index: Index,
    known: Callable[[], dict[str, Any]],
    data_root: Path,
    at_once: Callable[..., list[tuple[Any, str]]],
) -> None:
    for number in range(300):
        experiment(f"13-05-01-{number:06}", day=f"2026/11/{number % 20 + 1:02}", lr=number * 0.1)
    assert [printed for _, printed in at_once(PROGRAM, [[data_root]] * 4)] == ["300\n300\n"] * 4
    index.refresh()
    assert len(known()) == 300
    key = index.ask(lambda store: store.find_key("params", "lr"))
    assert key is not None
    assert len(index.ask(lambda store: store.values_of(key))) == 300
    assert index.ask(lambda store: store.connection.execute("PRAGMA integrity_check").fetchall()) == [("ok",)]
