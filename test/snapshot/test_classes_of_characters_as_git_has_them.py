"""A class of characters in an ignore file means the bytes that git means by it, and no others."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path

import pytest

from rla.snapshot.gitignore import IgnoreRules

CLASSES = [
    *("alnum", "alpha", "blank", "cntrl", "digit", "graph", "lower", "print", "punct", "upper", "xdigit", "space"),
]
BYTES = [b"x" + bytes([number]) for number in range(1, 256) if number != ord("/")]


@pytest.mark.parametrize("name", CLASSES)
def test_a_class_has_the_same_bytes(tmp_path: Path, git: Callable[..., bytes], name: str) -> None:
    git(tmp_path, "init", "-q")
    (tmp_path / ".gitignore").write_text(f"x[[:{name}:]]\n")
    asked = b"\0".join(BYTES)
    answer = git(tmp_path, "check-ignore", "--no-index", "-z", "--stdin", stdin=asked, ends_with=(0, 1))
    rules = IgnoreRules((tmp_path / ".gitignore").read_bytes())
    ignored = {byte for byte in BYTES if rules.verdict(byte, is_folder=False)}
    assert ignored == set(answer.split(b"\0")) - {b""}
    assert ignored


def test_a_range_of_bytes_has_all_between(tmp_path: Path, git: Callable[..., bytes]) -> None:
    git(tmp_path, "init", "-q")
    (tmp_path / ".gitignore").write_bytes(b"x[\x80-\xe4]\nx[!!-~]x\n")
    asked = b"\0".join([*BYTES, *(byte + b"x" for byte in BYTES)])
    answer = git(tmp_path, "check-ignore", "--no-index", "-z", "--stdin", stdin=asked, ends_with=(0, 1))
    rules = IgnoreRules((tmp_path / ".gitignore").read_bytes())
    ignored = {name for name in asked.split(b"\0") if rules.verdict(name, is_folder=False)}
    assert ignored == set(answer.split(b"\0")) - {b""}
    assert b"x" + os.fsencode("ä") not in ignored
