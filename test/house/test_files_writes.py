"""All writing to disk goes through `rla/files.py`, so that a test can make the n-th write fail."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

REPOSITORY = Path(__file__).resolve().parents[2]

EXCEPTIONS = {
    (
        "rla/experiment/ranks.py",
        "tempfile.mkdtemp",
    ): "the folder of a rank that records nothing: no data of anybody's",
    ("rla/checkpoint/plain.py", "zipfile.ZipFile"): "it writes into a stream of files.replacing",
    (
        "rla/checkpoint/tensorflow.py",
        "tempfile.TemporaryDirectory",
    ): "TensorFlow writes into files only; they are read, and written through files then",
    ("rla/output/media/figures.py", "savefig"): "it writes into memory",
    (
        "rla/output/media/encoders.py",
        "tempfile.TemporaryDirectory",
    ): "an encoder goes back in its file; what it made is written through files then",
    ("rla/plot/figure/saving.py", "to_csv"): "it returns a text, which is written through files",
    ("rla/logger.py", "tempfile.mkdtemp"): "the folder of logger.configure() without one, as baselines make it",
}
"""(file, what it calls) → why it may."""

OS_WRITES = {
    *("write", "pwrite", "writev", "pwritev", "sendfile", "copy_file_range", "truncate", "ftruncate"),
    *("replace", "rename", "renames", "unlink", "remove", "link", "symlink", "mkfifo", "mknod", "posix_fallocate"),
    *("mkdir", "makedirs", "rmdir", "removedirs", "chmod", "fchmod", "chown", "utime"),
}
SHUTIL_READS = {"which", "get_terminal_size", "disk_usage"}
PATH_WRITES = {
    *("write_text", "write_bytes", "mkdir", "unlink", "rename", "touch", "rmdir", "symlink_to", "hardlink_to"),
    *("chmod", "copy", "copy_into", "move"),
}
FOREIGN_WRITES = {"savefig", "to_csv", "to_json", "to_pickle", "to_parquet", "tofile", "savez", "savez_compressed"}
"""Methods of other packages that take a path and write to it."""


class _Writes(ast.NodeVisitor):
    """Collects calls that write; names are followed through `import … as` and `from … import`."""

    def __init__(self) -> None:
        self.names: dict[str, str] = {}
        self.found: list[tuple[int, str]] = []

    def visit_Import(self, node: ast.Import) -> None:
        for alias in node.names:
            self.names[alias.asname or alias.name.partition(".")[0]] = alias.name

    def visit_ImportFrom(self, node: ast.ImportFrom) -> None:
        for alias in node.names:
            self.names[alias.asname or alias.name] = f"{node.module}.{alias.name}"

    def visit_Call(self, node: ast.Call) -> None:
        if what := self._write(node):
            self.found.append((node.lineno, what))
        self.generic_visit(node)

    def visit_Attribute(self, node: ast.Attribute) -> None:
        """Functions that are handed on count like calls of them: ``retry(os.replace, a, b)``."""
        path = self._dotted(node)
        if path.startswith("os.") and path[3:] in OS_WRITES:
            self.found.append((node.lineno, path))
        self.generic_visit(node)

    def _dotted(self, node: ast.expr) -> str:
        if isinstance(node, ast.Name):
            return self.names.get(node.id, node.id)
        if isinstance(node, ast.Attribute):
            return f"{self._dotted(node.value)}.{node.attr}"
        return "?"

    def _write(self, node: ast.Call) -> str:
        path = self._dotted(node.func)
        module, _, name = path.rpartition(".")
        if path == "os.open":
            flags = ast.unparse(node.args[1]) if len(node.args) > 1 else "O_RDONLY"
            return "" if flags in ("os.O_RDONLY", "O_RDONLY") else "os.open"
        if module in ("os", "posix"):
            return f"os.{name}" if name in OS_WRITES and isinstance(node.func, ast.Name) else ""
        if module == "shutil":
            return "" if name in SHUTIL_READS else path
        if module == "tempfile":
            return "" if name == "gettempdir" else path
        if path in ("open", "io.open", "gzip.open", "bz2.open", "lzma.open", "zipfile.ZipFile", "tarfile.open"):
            return self._opened_to_write(node, 1, path)
        if module in ("rla.files", "") or not isinstance(node.func, ast.Attribute):
            return ""
        if name == "open" and self._looks_like_a_mode(node):
            return self._opened_to_write(node, 0, "Path.open")
        if name in PATH_WRITES:
            return "" if self._is_copy_of_data(node, name) else f"Path.{name}"
        if name == "replace" and len(node.args) == 1 and not node.keywords:  # that of text has two
            return "Path.replace"
        if name in FOREIGN_WRITES or path in ("numpy.save", "torch.save", "pickle.dump", "json.dump"):
            return name if name in FOREIGN_WRITES else path
        return ""

    @staticmethod
    def _is_copy_of_data(node: ast.Call, name: str) -> bool:
        return name == "copy" and not node.args and not node.keywords

    @staticmethod
    def _mode(node: ast.Call, position: int) -> ast.expr | None:
        by_name = [keyword.value for keyword in node.keywords if keyword.arg == "mode"]
        return by_name[0] if by_name else node.args[position] if len(node.args) > position else None

    def _looks_like_a_mode(self, node: ast.Call) -> bool:
        mode = self._mode(node, 0)
        return isinstance(mode, ast.Constant) and isinstance(mode.value, str) and set(mode.value) <= set("rwaxbt+")

    def _opened_to_write(self, node: ast.Call, position: int, what: str) -> str:
        mode = self._mode(node, position)
        if mode is None or (isinstance(mode, ast.Constant) and not set(str(mode.value)) & set("wax+")):
            return ""
        return what


def writes(source: str) -> Iterator[tuple[int, str]]:
    visitor = _Writes()
    visitor.visit(ast.parse(source))
    yield from sorted(set(visitor.found))


def sources() -> list[str]:
    paths = sorted((REPOSITORY / "rla").rglob("*.py"))
    inside = [path.relative_to(REPOSITORY).as_posix() for path in paths]
    return [path for path in inside if path != "rla/files.py" and not path.startswith("rla/testing/")]


def test_files_write_only_through_files() -> None:
    found = {path: list(writes((REPOSITORY / path).read_text(encoding="utf-8"))) for path in sources()}
    assert len(found) > 300
    every = [(path, line, what) for path, its in found.items() for line, what in its]
    assert [f"{path}:{line}: {what}" for path, line, what in every if (path, what) not in EXCEPTIONS] == []


@pytest.mark.parametrize("path", sorted({path for path, _ in EXCEPTIONS}))
def test_each_exception_is_still_needed(path: str) -> None:
    found = {what for _, what in writes((REPOSITORY / path).read_text(encoding="utf-8"))}
    assert {what for file, what in EXCEPTIONS if file == path} <= found


def test_the_writes_of_files_itself_are_seen() -> None:
    found = {what for _, what in writes((REPOSITORY / "rla" / "files.py").read_text(encoding="utf-8"))}
    assert {"os.open", "os.write", "os.pwrite", "os.ftruncate", "os.replace", "os.unlink", "os.mkdir"} <= found
    assert {"os.makedirs", "os.rmdir", "os.ftruncate", "os.replace"} <= found


@pytest.mark.parametrize(
    ("source", "what"),
    [
        ("import os\nos.replace(a, b)", "os.replace"),
        ("import os as system\nsystem.unlink(a)", "os.unlink"),
        ("from os import rename as move\nmove(a, b)", "os.rename"),
        ("import os\nretry(os.remove, a)", "os.remove"),
        ("import os\nos.open(a, os.O_RDWR | os.O_CREAT)", "os.open"),
        ("import shutil\ndef late():\n    shutil.copy(a, b)", "shutil.copy"),
        ("from shutil import rmtree\nrmtree(a)", "shutil.rmtree"),
        ("import tempfile\ntempfile.TemporaryDirectory()", "tempfile.TemporaryDirectory"),
        ("open(a, 'w')", "open"),
        ("open(a, mode='ab')", "open"),
        ("open(a, 'r+b')", "open"),
        ("open(a, mode)", "open"),
        ("import gzip\ngzip.open(a, 'wb')", "gzip.open"),
        ("path.open('x')", "Path.open"),
        ("(a / b).write_text(c)", "Path.write_text"),
        ("path.parent.mkdir(parents=True)", "Path.mkdir"),
        ("path.unlink()", "Path.unlink"),
        ("path.replace(other)", "Path.replace"),
        ("path.touch()", "Path.touch"),
        ("figure.savefig(path)", "savefig"),
        ("import pickle\npickle.dump(a, stream)", "pickle.dump"),
    ],
)
def test_a_write_is_found_however_it_is_written(source: str, what: str) -> None:
    assert [found for _, found in writes(source)] == [what]


@pytest.mark.parametrize(
    "source",
    [
        "open(a)",
        "open(a, 'rb')",
        "open(a, encoding='utf-8')",
        "path.open()",
        "import os\nos.open(a, os.O_RDONLY)",
        "import os\nos.path.exists(a)\nos.close(1)",
        "import shutil\nshutil.which('git')",
        "from rla import files\nfiles.rename(a, b)\nfiles.remove(a)",
        "text.replace('a', 'b')",
        "date.replace(tzinfo=None)",
        "logger.open(directory, formats)",
        "values.copy()",
    ],
)
def test_what_does_not_write_is_let_through(source: str) -> None:
    assert list(writes(source)) == []
