"""Experiments that were made to do harm, each with what a reader should say of it."""

from __future__ import annotations

import json
import os
import pickle
from collections.abc import Callable
from pathlib import Path
from typing import Any, Final, NamedTuple

import pytest

DAY: Final = "2026/11/20"
TASK: Final = "demo"


class Hostile(NamedTuple):
    """What is made in the log folder of an experiment.

    Attributes:
        make: makes it; is handed the log folder, the path of the archive, and a file that code in it would create.
        problem: what readers say; a regular expression.
    """

    make: Callable[[Path, Path, Path], object]
    problem: str


def _sparse(path: Path, *parts: tuple[int, bytes]) -> None:
    with open(path, "wb") as stream:
        for offset, content in parts:
            stream.seek(offset)
            stream.write(content)


def _bomb(tag: str = "") -> str:
    """Return YAML of a few lines that stands for 9 ** 10 values."""
    lines = [f"a0: &a0 {tag}[x, x, x, x, x, x, x, x, x]"]
    lines += [f"a{n}: &a{n} {tag}[{', '.join([f'*a{n - 1}'] * 9)}]" for n in range(1, 10)]
    return "\n".join(lines)


def _merge_bomb() -> str:
    lines = ["a0: &a0 {x: 1, y: 2, z: 3}"]
    return "\n".join(lines + [f"a{n}: &a{n}\n  <<: [{', '.join([f'*a{n - 1}'] * 9)}]" for n in range(1, 10)])


def _nested_pickle() -> bytes:
    content: Any = ["x"] * 9
    for _ in range(10):
        content = [content] * 9
    return pickle.dumps({"hyper_param": {"a": content}})


def _csv(content: bytes) -> Callable[[Path, Path, Path], object]:
    return lambda log, archive, canary: (log / "progress.csv").write_bytes(content)


def _file(name: str, content: bytes | str) -> Callable[[Path, Path, Path], object]:
    encoded = content.encode() if isinstance(content, str) else content
    return lambda log, archive, canary: (log / name).write_bytes(encoded)


def _archive(content: bytes) -> Callable[[Path, Path, Path], object]:
    return lambda log, archive, canary: archive.write_bytes(content.replace(b"CANARY", os.fsencode(canary)))


_HEADER: Final = b"loss,time-step\n0.5,10\n"

HOSTILE: Final[dict[str, Hostile]] = {
    "rows in a pipe": Hostile(lambda log, *_: os.mkfifo(log / "progress.csv"), r"progress\.csv: not a regular file"),
    "rows in a folder": Hostile(lambda log, *_: (log / "progress.csv").mkdir(), r"progress\.csv: not a regular file"),
    "rows in a circle": Hostile(
        lambda log, *_: (log / "progress.csv").symlink_to("progress.csv"), r"progress\.csv: Too many levels"
    ),
    "rows of a gigabyte": Hostile(
        lambda log, *_: _sparse(log / "progress.csv", (0, _HEADER), (1 << 30, b"x")), r"progress\.csv: zeros stand"
    ),
    "rows in one long line": Hostile(
        _csv(_HEADER + b"1" * (5 << 20) + b"\n"), r"progress\.csv: a line has more than 4 MiB"
    ),
    "rows in UTF-16": Hostile(_csv("loss,time-step\n1,2\n".encode("utf-16")), r"progress\.csv: .* not in UTF-8"),
    "rows of a million columns": Hostile(
        _csv(b",".join(b"%d" % n for n in range(500_000)) + b"\n"), r"progress\.csv: it has more than 100,000 columns"
    ),
    "rows of zeros": Hostile(_csv(b"\0" * 100_000), r"progress\.csv: its header holds zeros"),
    "rows in another encoding": Hostile(_csv(b"l\xf6ss,time-step\n1,2\n"), r"progress\.csv: it is not in UTF-8"),
    "large json": Hostile(
        lambda log, *_: _sparse(log / "parameter.json", (0, b"["), (100 << 20, b"]")), r"parameter\.json.*larger than"
    ),
    "full json": Hostile(_file("parameter.json", b'{"a": [' + b"[]," * 2_000_000 + b"1]}"), r"more than 1,000,000 val"),
    "deep json": Hostile(_file("parameter.json", '{"a":' * 50_000), r"parameter\.json.*more than 128 deep"),
    "rather deep json": Hostile(
        _file("parameter.json", '{"a":' * 400 + "1" + "}" * 400), r"parameter\.json.*more than 128 deep"
    ),
    "broken json": Hostile(_file("parameter.json", '{"a":'), r"parameter\.json' cannot be read: Expecting value"),
    "json in another encoding": Hostile(_file("parameter.json", b'{"a": "\xf6"}'), r"parameter\.json.*codec can't"),
    "json of a list": Hostile(_file("parameter.json", "[1, 2]"), r"parameter\.json.*value of type 'list'"),
    "yaml bomb": Hostile(_file("parameter.yaml", _bomb()), r"parameter\.yaml.*more than 1,000,000 values"),
    "yaml bomb of tuples": Hostile(
        _file("parameter.yaml", _bomb("!!python/tuple ")), r"parameter\.yaml.*more than 1,000,000 values"
    ),
    "yaml bomb of merges": Hostile(_file("parameter.yaml", _merge_bomb()), r"parameter\.yaml.*10,000 merged keys"),
    "yaml in itself": Hostile(_file("parameter.yaml", "&a\na: *a\n"), r"parameter\.yaml.*more than 1,000,000 values"),
    "deep yaml": Hostile(_file("parameter.yaml", "a: " + "[" * 3_000), r"parameter\.yaml.*nested too deeply"),
    "large yaml": Hostile(_file("parameter.yaml", "- 1\n" * 300_000), r"parameter\.yaml.*larger than 1048576"),
    "yaml with code": Hostile(
        lambda log, archive, canary: (log / "parameter.yaml").write_text(
            f"a: !!python/object/apply:os.system ['touch {canary}']\n"
        ),
        r"parameter\.yaml.*python/object/apply:os\.system",
    ),
    "card of a list": Hostile(_file("experiment.json", "[]"), r"experiment\.json.*value of type 'list'"),
    "card of a number": Hostile(_file("experiment.json", "3"), r"experiment\.json.*value of type 'int'"),
    "deep card": Hostile(_file("experiment.json", '{"a":' * 50_000), r"experiment\.json.*more than 128 deep"),
    "card of wrong types": Hostile(
        _file("experiment.json", json.dumps({key: [{}] for key in ("id", "task", "status", "types")})),
        r"experiment\.json.*missing 5 required",
    ),
    "large card": Hostile(
        lambda log, *_: _sparse(log / "experiment.json", (0, b"{"), (100 << 20, b"}")), r"experiment\.json.*larger than"
    ),
    "card in a pipe": Hostile(lambda log, *_: os.mkfifo(log / "experiment.json"), r"experiment\.json.*not a regular"),
    "archive with code": Hostile(_archive(b"cos\nsystem\n(S'touch CANARY'\ntR."), r"\.pkl' .* it wants 'os\.system'"),
    "archive of an instance": Hostile(
        _archive(b"(S'touch CANARY'\nios\nsystem\n."), r"\.pkl' was not read: it wants 'os\.system'"
    ),
    "archive of an extension": Hostile(_archive(b"\x80\x02\x82\x01."), r"\.pkl' .* it wants extension 1 of copyreg"),
    "archive bomb": Hostile(_archive(_nested_pickle()), r"\.pkl' .*more than 1,000,000 values"),
    "archive that remembers": Hostile(_archive(b"\x80\x02Nr\x00\x00\x00\x7f."), r"\.pkl' .* as number 2130706432"),
    "archive of a range": Hostile(
        _archive(b"c__builtin__\nlist\n(c__builtin__\nrange\n(I1000000000000\ntRtR."), r"\.pkl' is no pickle that can"
    ),
    "archive of tuples": Hostile(
        _archive(b"\x80\x02}(U\x0bhyper_param})" + b"\x85" * 400_000 + b"K\x01su."), r"\.pkl' .*more than 1000 deep"
    ),
    "archive that is none": Hostile(_archive(b"none"), r"\.pkl' is no pickle that can be read"),
}


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    if "hostile" in metafunc.fixturenames:
        metafunc.parametrize("hostile", list(HOSTILE.values()), ids=list(HOSTILE))


@pytest.fixture
def every_hostile() -> dict[str, Hostile]:
    return HOSTILE


@pytest.fixture
def canary(tmp_path: Path) -> Path:
    """A file that code would create, if any was run."""
    return tmp_path / "code_was_run"


@pytest.fixture
def good(data_root: Path) -> Callable[[int], str]:
    """Make an experiment with which all is well: ``good(3)``; returns its record date."""

    def make(minute: int) -> str:
        date = f"{DAY}/13-{minute:02d}-01-000001"
        name = f"{date}_10.0.0.1_&lr=0.{minute}"
        log = data_root / "log" / TASK / name
        log.mkdir(parents=True)
        card = {"id": f"{date}_10.0.0.1", "task": TASK, "record_date": date, "node": "10.0.0.1", "status": "finished"}
        (log / "experiment.json").write_text(json.dumps(card | {"index_name": log.name, "start": 1e9, "end": 1e9 + 60}))
        (log / "parameter.json").write_text(json.dumps({"lr": minute / 10}))
        (log / "progress.csv").write_text("loss,time-step,timestamp\n0.5,10,1.0\n")
        return date

    return make


@pytest.fixture
def make_hostile(data_root: Path, canary: Path) -> Callable[[Hostile, int], str]:
    """Make one of them: ``make_hostile(hostile, 4)``; returns its record date."""

    def make(hostile: Hostile, minute: int = 0) -> str:
        date = f"{DAY}/14-{minute:02d}-01-000001"
        log = data_root / "log" / TASK / f"{date}_10.0.0.1_&lr=0.5"
        archive = data_root / "archive_tester" / TASK / f"{date}_10.0.0.1_&lr=0.5.pkl"
        log.mkdir(parents=True)
        archive.parent.mkdir(parents=True, exist_ok=True)
        hostile.make(log, archive, canary)
        return date

    return make
