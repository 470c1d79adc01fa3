"""A pickle that asks for more than plain data is refused by name, and nothing of it is run."""

from __future__ import annotations

import argparse
import contextlib
import copyreg
import os
import pickle
from pathlib import Path
from typing import Any

import pytest

from rla.database.archive import read_archive
from rla.errors import UntrustedPickleError


class Calls:
    """Pickles as a call of a function."""

    def __init__(self, function: Any, *arguments: Any) -> None:
        self.call = (function, arguments)

    def __reduce__(self) -> tuple[Any, tuple[Any, ...]]:
        return self.call


def archive(tmp_path: Path, content: object) -> Path:
    path = tmp_path / "hostile.pkl"
    path.write_bytes(content if isinstance(content, bytes) else pickle.dumps(content))
    return path


def hostile(tmp_path: Path) -> dict[str, object]:
    import subprocess

    command = f"touch {tmp_path}/made"
    return {
        "system": Calls(os.system, command),
        "Popen": Calls(subprocess.Popen, ["touch", f"{tmp_path}/made"]),
        "eval": Calls(eval, f"open({str(tmp_path / 'made')!r}, 'w')"),
        "getattr": Calls(getattr, "", "join"),
        "nested": {"a": [1, {"b": Calls(os.system, command)}]},
        "protocol 0": f"cos\nsystem\n(S'{command}'\ntR.".encode(),
        "dotted": b"\x80\x04\x8c\x08datetime\x8c\x12datetime.__class__\x93.",
        "through a module": b"\x80\x04\x8c\x07pathlib\x8c\x09os.system\x93.",
        "instance": f"(S'{command}'\nios\nsystem\n.".encode(),
        "import": b"crla_no_such_module\nx\n.",
        "class of an object": f"((lp0\ncos\nsystem\nS'{command}'\no.".encode(),
        "new object": b"\x80\x02cos\nsystem\n)\x81.",
        "stack": b"\x80\x04\x8c\x02os\x8c\x06system\x93\x8c\x01x\x85R.",
        "state": b"cos\nenviron\n}S'PATH'\nS'x'\nsb.",
    }


@pytest.mark.parametrize("name", list(hostile(Path())))
def test_it_is_refused_by_name_and_not_run(tmp_path: Path, name: str) -> None:
    path = archive(tmp_path, hostile(tmp_path)[name])
    with pytest.raises(UntrustedPickleError, match=r"'[a-z_]+\.[A-Za-z_.]+'") as caught:
        read_archive(path)
    assert str(path) in str(caught.value)
    assert "trust=True" in str(caught.value)
    assert not (tmp_path / "made").exists()


def test_the_message_names_the_function_that_was_wanted(tmp_path: Path) -> None:
    with pytest.raises(UntrustedPickleError, match=r"(posix|nt)\.system"):
        read_archive(archive(tmp_path, hostile(tmp_path)["system"]))


def test_with_trust_the_callers_own_file_is_read(tmp_path: Path) -> None:
    assert read_archive(archive(tmp_path, {"kind": argparse.ArgumentParser}), trust=True) == {
        "kind": argparse.ArgumentParser
    }


@pytest.mark.parametrize("opcode", [b"\x82\x21", b"\x83\x21\x00", b"\x84\x21\x00\x00\x00"])
def test_what_somebody_registered_for_short_is_refused_even_when_it_was_loaded_before(
    tmp_path: Path, opcode: bytes
) -> None:
    copyreg.add_extension("posix", "system", 0x21)
    try:
        assert pickle.loads(b"\x80\x02" + opcode + b".") is os.system  # from here on, the unpickler asks nobody
        content = b"\x80\x02" + opcode + "X\x0a\x00\x00\x00touch made\x85R.".encode()
        with pytest.raises(UntrustedPickleError, match="extension 33 of copyreg"):
            read_archive(archive(tmp_path, content))
    finally:
        copyreg.remove_extension("posix", "system", 0x21)


def test_what_it_gets_for_a_name_does_not_outlive_it(tmp_path: Path) -> None:
    for name in ("numpy.core.multiarray\n_reconstruct", "numpy\ndtype", "__builtin__\nlist", "_codecs\nencode"):
        path = archive(tmp_path, f"c{name}\n(NS'rla_was_here'\nI1\ndtb.".encode())
        with contextlib.suppress(ValueError):
            read_archive(path)
        path = archive(tmp_path, f"c{name}\n.".encode())
        assert not hasattr(read_archive(path), "rla_was_here"), name


@pytest.mark.parametrize("kind", [Path, argparse.Namespace])
def test_it_cannot_change_a_class_of_this_process(tmp_path: Path, kind: type, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(kind, "rla_was_here", None, raising=False)  # undone at the end, whatever happens
    code = f"c{kind.__module__}\n{kind.__name__}\n(N(dS'rla_was_here'\nI1\nstb."
    path = archive(tmp_path, code.encode())
    with contextlib.suppress(UntrustedPickleError, ValueError):
        read_archive(path)
    assert kind.rla_was_here is None  # type: ignore[attr-defined]
