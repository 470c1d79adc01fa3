"""Runs of the program rsync, over a login by SSH."""

from __future__ import annotations

import math
import os
import re
import shutil
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Final

from rla import files
from rla.errors import SyncError, UnreachableError, printable
from rla.sync.openssh.children import end, environment, listen, start
from rla.sync.openssh.login import SshLogin
from rla.sync.openssh.output import LISTED, TRAVELLED, Finished, Item, Lines, unescaped
from rla.sync.remote import Remote
from rla.sync.transport import RemoteFile

__all__ = ["DONE", "SOME_FAILED", "Rsync", "Run", "mentions", "reason"]

DONE: Final = 0
SOME_FAILED: Final = (23, 24)
"""Exit codes: it came to its end, but some files had problems."""

_PROTOCOL: Final = 12
_LOST: Final = (10, _PROTOCOL, 30, 35, 255)
_WILD: Final = re.compile(r"([*?\[\]\\])")


@dataclass(frozen=True)
class Run:
    """How a run is listened to.

    Attributes:
        until: a moment of the monotonic clock at which it is ended.
        progress: is told how many bytes of the file have been passed so far; for a run of one file.
        item: is told of each file that is done.
    """

    until: float | None = None
    progress: Callable[[int], object] | None = None
    item: Callable[[Item], object] | None = None


class Rsync:
    """The program rsync, with a data root on another machine.

    Args:
        remote: where to, and how.
        login: the login to go through.
        limit: bytes a second; None for no limit.
    """

    def __init__(self, remote: Remote, login: SshLogin, limit: int | None) -> None:
        self._remote = remote
        self._login = login
        self._limit = limit
        self._empty = f"{login.folder}/empty"
        files.create_directory(self._empty)
        program = shutil.which("rsync")
        if program is None:
            raise SyncError(
                "The program rsync is not installed here. Install it (apt install rsync), or set "
                "REMOTE_SETTING.file_transfer_protocol: sftp."
            )
        self._program = program

    def make_root(self) -> None:
        """Make the data root there, unless it is there."""
        finished = self._run(["--dirs"], f"{self._empty}/", self._root(), [])
        if finished.code:
            raise self._unusable(finished)

    def has_root(self) -> bool:
        """Say whether the data root is there."""
        _, finished = self.listed(["./"])
        if finished.code and not any("No such file" in line for line in finished.errors):
            raise self._unusable(finished)
        return not finished.code

    def _unusable(self, finished: Finished) -> SyncError:
        return SyncError(f"The data root '{self._remote.root}' cannot be used: {reason(finished)}.")

    def listed(self, paths: Iterable[str], deep: bool = False) -> tuple[list[RemoteFile], Finished]:
        """Return what is at paths there; at one that ends with a slash: what is in it, or all below it.

        What is not there is left out, and why something could not be listed is in what rsync says.
        """
        options = ["--dry-run", "--links", "--devices", "--specials", "--ignore-missing-args", f"--out-format={LISTED}"]
        how = "--recursive" if deep else "--dirs"
        finished = self._run([*options, how], self._root(as_source=True), f"{self._empty}/", paths)
        return [item.described() for item in finished.items], finished

    def send(self, base: str, paths: Iterable[str], options: Sequence[str], run: Run) -> Finished:
        """Bring files below a folder here to the same paths there."""
        return self._run([*self._travelling(run), *options], f"{base}/", self._root(), paths, run)

    def fetch(self, base: str, paths: Iterable[str], options: Sequence[str], run: Run) -> Finished:
        """Bring files there to the same paths below a folder here."""
        return self._run([*self._travelling(run), *options], self._root(as_source=True), f"{base}/", paths, run)

    def _travelling(self, run: Run) -> list[str]:
        limit = [] if self._limit is None else [f"--bwlimit={max(1, self._limit // 1024)}"]
        progress = ["--progress"] if run.progress is not None else []
        return [f"--out-format={TRAVELLED}", "--ignore-times", "--omit-dir-times", *limit, *progress]

    def _root(self, as_source: bool = False) -> str:
        """Return the argument that names the data root there; of a source, rsync takes some characters for patterns."""
        root = self._remote.root.rstrip("/") + "/"
        if as_source and re.search(r"[*?\[]", root):
            root = _WILD.sub(r"\\\1", root)
        return f"other-end:{root}"

    def _run(
        self, options: Sequence[str], source: str, target: str, paths: Iterable[str], run: Run | None = None
    ) -> Finished:
        run = run or Run()
        if not self._login.is_open:
            raise UnreachableError(f"The connection to '{self._remote.host}' was lost.")
        command = [self._program, f"--rsh={self._login.through}", "-s", "--outbuf=L", "--no-implied-dirs"]
        command += [f"--timeout={max(1, math.ceil(self._remote.timeout))}", "--from0", "--files-from=-", *options]
        names = f"{self._login.folder}/names"
        files.remove(names)
        files.create_file(names, b"".join(os.fsencode(path) + b"\0" for path in paths), 0o600, 0)
        lines = Lines(run.progress or _nothing, run.item or _nothing)
        errors = bytearray()
        with files.descriptor(names, os.O_RDONLY) as stdin:
            process = start([*command, source, target], environment(self._remote.password), stdin)
        try:
            in_time = listen(process, lines.take, errors.extend, run.until)
        finally:
            code = end(process)
        lines.take(b"\n")
        said = [unescaped(line) for line in [*lines.others, *bytes(errors).splitlines()] if line.strip()]
        finished = Finished(code if in_time else None, lines.items, said)
        self._check(finished)
        return finished

    def _check(self, finished: Finished) -> None:
        """Raise what ends all runs."""
        said = "\n".join(finished.errors)
        if finished.code == 127 or (finished.code == _PROTOCOL and "ommand not found" in said):
            raise SyncError(
                f"'{self._remote.host}' has no program rsync. Install it there, or set "
                "REMOTE_SETTING.file_transfer_protocol: sftp."
            )
        if finished.code in _LOST and not re.search(r"\(code (3|11)\)", said):
            raise UnreachableError(f"The connection to '{self._remote.host}' was lost: {reason(finished)}.")


def _nothing(value: object) -> None: ...


def mentions(line: str, path: str) -> bool:
    """Say whether rsync speaks of a file: by its name, or by that of what it is written to before."""
    folder, _, name = path.rpartition("/")
    return f'{path}"' in line or line.endswith(path) or f"{folder}/.{name}." in line


def reason(finished: Finished, path: str | None = None) -> str:
    """Return why rsync failed, in one line; that of one file where it says so."""
    own = [line for line in finished.errors if path is not None and mentions(line, path)]
    general = [line for line in finished.errors if "rsync error" not in line and "unexpectedly closed" not in line]
    chosen = (own or general or finished.errors or [f"rsync ended with code {finished.code}"])[0]
    return printable(re.sub(r"^rsync: (\[\w+\] )?", "", chosen))
