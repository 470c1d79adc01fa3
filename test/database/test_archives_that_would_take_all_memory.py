"""A small pickle of plain data that would take all memory or time is refused before it does; all others are read."""

from __future__ import annotations

import collections
import json
import pickle
from collections.abc import Callable
from pathlib import Path
from subprocess import CompletedProcess
from typing import Any

import pytest

from rla.database.archive import read_archive

PROGRAM = """
import json, sys
from pathlib import Path
from rla.database.archive import read_archive
said = {}
for path in sorted(Path(sys.argv[1]).iterdir()):
    try:
        read_archive(path, limit=1 << 20)
        said[path.name] = "was read"
    except ValueError as error:
        said[path.name] = str(error)
status = open("/proc/self/status").read()  # what getrusage tells has the memory of the process that started this one
print(json.dumps([said, int(status.partition("VmHWM:")[2].split()[0]) * 1024]))
"""

NUMBERS = b"(l" + b"I1\na" * 1000
"""A list of a thousand numbers."""


def nested() -> bytes:
    content: Any = ["x"] * 9
    for _ in range(12):
        content = [content] * 9
    return pickle.dumps(content)


BOMBS: dict[str, bytes] = {
    "a place in the memo": b"\x80\x02Nr\x00\x00\x00\x7f.",
    "a place in the memo, as text": b"Np999999999\n.",
    "a list of a range": b"c__builtin__\nlist\n(c__builtin__\nrange\n(I1000000000000\ntRtR.",
    "a set of a range": b"c__builtin__\nset\n(c__builtin__\nxrange\n(I1000000000000\ntRtR.",
    "bytes of a number": b"c__builtin__\nbytearray\n(I9000000000\ntR.",
    "copies of a list": b"c__builtin__\nlist\np0\n0" + NUMBERS + b"p1\n(" + b"g0\n(g1\ntR" * 20_000 + b"l.",
    "copies of a text": b"c_codecs\nencode\np0\n0X\x00\x00\x04\x00"
    + b"x" * (1 << 18)
    + b"p1\n("
    + b"g0\n(g1\nX\x06\x00\x00\x00latin1tR" * 20_000
    + b"l.",
    "the text of a list of lists": b"c__builtin__\nstr\n((lp0\nS'x'\na"
    + b"".join(b"(l" + b"g%d\na" % level * 9 + b"p%d\n" % (level + 1) for level in range(12))
    + b"tR.",
    "lists in lists": nested(),
    "tuples in tuples as a key": b"\x80\x02})" + b"\x85" * 500_000 + b"K\x01s.",
    "many sets": b"(" + b"\x8f" * 1_000_000 + b"l.",
    "many classes": b"(" + b"cRLA.easy_log.tester\nTester\n" * 30_000 + b"l.",
    "a text that is not there": b"\x80\x02X\xff\xff\xff\x7f.",
}


def test_none_of_them_takes_more_than_a_little(
    tmp_path: Path, run_python: Callable[..., CompletedProcess[str]]
) -> None:
    folder = tmp_path / "bombs"
    folder.mkdir()
    for name, content in BOMBS.items():
        (folder / name).write_bytes(content)
    done = run_python(PROGRAM, folder, timeout=60)
    assert done.returncode == 0, done.stderr
    said, peak = json.loads(done.stdout)
    assert sorted(said) == sorted(BOMBS)
    assert [name for name, message in said.items() if "is no pickle that can be read" not in message] == []
    assert peak < 150e6


@pytest.mark.parametrize(
    "content",
    [
        {"types": {"a": int, "b": [float, str]}, "r": range(10**12), "s": {1, 2}, "f": frozenset("a")},
        {"o": collections.OrderedDict(a=[1]), "d": collections.deque([1, 2], maxlen=2), "b": bytearray(b"x\xff")},
        {"c": complex(1, 2), "bytes": b"\x00\xff", "empty": b"", "t": ((1, (2,)),), "n": None, "x": 10**300},
        [[number, (number, str(number))] for number in range(20_000)],
        {"shared": [["x"] * 100] * 500},
    ],
    ids=["types", "collections", "scalars", "many tuples", "shared"],
)
@pytest.mark.parametrize("protocol", range(5))
def test_plain_data_of_every_protocol_is_read_as_it_was_written(tmp_path: Path, content: Any, protocol: int) -> None:
    path = tmp_path / "plain.pkl"
    path.write_bytes(pickle.dumps(content, protocol))
    found = read_archive(path)
    assert found == content
    assert repr(found) == repr(content)


def test_a_dict_with_a_default_goes_on_making_it(tmp_path: Path) -> None:
    content: Any = collections.defaultdict(list)
    content["a"].append(1)
    path = tmp_path / "plain.pkl"
    path.write_bytes(pickle.dumps(content))
    found = read_archive(path)
    found["b"].append(2)
    assert found == {"a": [1], "b": [2]}
    assert found.default_factory is list
