"""FTP over TLS, and plain FTP where it was allowed.

From RFC 959 (FTP), 2228 and 4217 (TLS), 2428 (IPv6), 2640 (names in UTF-8), 3659 (facts, sizes, going on in the
middle) and draft-somers-ftp-mfxx (MFMT). What a server cannot do it does not have to: sizes and times are asked for one
by one where it lacks MLSD, files are sent as a whole where it goes on with none.
"""

from __future__ import annotations

import contextlib
import posixpath
from collections.abc import Iterable, Iterator
from dataclasses import replace
from typing import ClassVar, Final

from rla.errors import SyncError, printable, warn_quietly
from rla.sync.file_server import FileServer, Moved
from rla.sync.ftp.answers import RefusedError
from rla.sync.ftp.connection import FtpConnection, Noted, can_carry, check_name
from rla.sync.ftp.listing import entry_of, file_of_facts, modified_of, time_value, unique_of
from rla.sync.pace import Pace
from rla.sync.remote import Remote
from rla.sync.transport import FILE, FOLDER, LINK, OTHER, RemoteFile, Sending, is_inside, is_part, no_data_root, part_of

__all__ = ["FtpTransport", "FtpsTransport"]

_warned: Final[set[str]] = set()


class CannotGoOnError(SyncError):
    """The server does not write in the middle or at the end of a file; nothing was sent yet."""


class FtpsTransport(FileServer):
    """Files over FTP, encrypted by TLS: the connection with the password as well as those with the files."""

    protocol: ClassVar[str] = "ftps"
    encrypted: ClassVar[bool] = True

    def __init__(self, remote: Remote, pace: Pace) -> None:
        super().__init__(remote, pace)
        self._connection = FtpConnection(remote)
        self._root = ""

    # ---- connection -------------------------------------------------------------------------------------------------

    def connect(self) -> None:
        try:
            self._connection.open(self.encrypted)
            self._root = self._entered_root(self.remote.root.removeprefix("~/") or ".")
        except BaseException:
            self._connection.drop()
            raise

    def close(self) -> None:
        self._connection.close()

    def _entered_root(self, root: str) -> str:
        """Make the data root where it is missing, and return where it is."""
        doing = f"open the data root '{printable(root)}'"
        try:
            self._connection.command(f"CWD {root}", doing)
        except RefusedError as problem:
            if not self.makes_root:
                raise no_data_root(self.remote) from None
            with contextlib.suppress(RefusedError):  # another node may be faster
                self._connection.command(f"MKD {root}", doing)
            try:
                self._connection.command(f"CWD {root}", doing)
            except RefusedError:
                raise SyncError(f"{problem} It cannot be made either.") from None
        found = self._entered(doing) or root
        if not found.startswith("/"):
            raise SyncError(f"{self.remote.host} does not tell where '{printable(root)}' is; give a path from / on.")
        return found.rstrip("/")

    def _entered(self, doing: str) -> str:
        """Return the folder that was entered, as the server calls it; "" where it does not tell."""
        answer = self._connection.command("PWD", doing)
        return answer.partition('"')[2].rpartition('"')[0].replace('""', '"')

    def _at(self, path: str) -> str:
        return f"{self._root}/{path}" if path else self._root or "/"

    # ---- what is there ----------------------------------------------------------------------------------------------

    def entries(self, folder: str) -> list[RemoteFile]:
        lines = self._listed(folder)
        if self._has("MLST"):
            found = [entry for line in lines if (entry := entry_of(folder, line)) is not None]
            return [each if each.kind == FILE or can_carry(each.path) else _unreachable(each.path) for each in found]
        paths = [f"{folder}/{name}" if folder else name for name in lines]
        asked = (self._asked(path) if can_carry(path) else _unreachable(path) for path in paths)
        return [each for each in asked if each is not None]

    def walk(self, folder: str) -> Iterator[RemoteFile]:
        """Yield all that is below a folder. A link shown as a folder is followed, but not into one that it lies in."""
        return self._walk(folder, frozenset({self._identity(folder)}))

    def _walk(self, folder: str, above: frozenset[str]) -> Iterator[RemoteFile]:
        for entry in sorted(self.entries(folder), key=lambda found: found.path):
            opens = entry.kind == FOLDER and is_inside(entry.path, folder)
            identity = self._identity(entry.path) if opens else ""
            if identity and identity in above:
                yield replace(entry, kind=LINK)
                continue
            yield entry
            if opens:
                yield from self._walk(entry.path, above | {identity})

    def _identity(self, folder: str) -> str:
        """Return what is the same for a folder by whichever links it is reached; "" where the server does not tell.

        That is a fact of MLST. Some servers that lack it, such as vsftpd, tell where they are once links are followed.
        """
        try:
            unique = unique_of(self._told_facts(folder)) if self._has("MLST") else ""
            if unique:
                return unique
            doing = f"open '{printable(folder)}'"
            self._connection.command(f"CWD {self._at(folder)}", doing)
            return self._entered(doing)
        except RefusedError:
            return ""

    def status(self, path: str) -> RemoteFile | None:
        found = self._facts(path) if self._has("MLST") else self._asked(path)
        if found is None and not is_part(posixpath.basename(path)) and self._is_listed(path):
            raise SyncError(f"{self.remote.host} has '{printable(path)}', and refuses to tell how long it is.")
        return found

    def _listed(self, folder: str) -> list[str]:
        """Return the lines of a listing, of MLSD or else names alone; none where there is no such folder."""
        doing = f"list '{printable(folder)}'"
        try:
            self._connection.command(f"CWD {self._at(folder)}", doing)  # in a path, some servers expand [ and *
        except RefusedError as problem:
            if problem.code < 500:
                raise
            return []
        if self._has("MLST"):
            return self._connection.listing("MLSD", doing)
        try:
            names = [posixpath.basename(line) for line in self._connection.listing("NLST", doing)]
        except RefusedError as problem:
            if problem.code == 550 or "no files" in str(problem).lower():  # so some say that it is empty
                return []
            raise
        return [name for name in names if name not in ("", ".", "..")]

    def _is_listed(self, path: str) -> bool:
        """Say whether a listing has a file of which the server tells nothing: its answer is the same for all reasons.

        One that seems to be missing would be replaced by ours.
        """
        folder, name = posixpath.split(path)
        lines = self._listed(folder)
        return any(line.partition(" ")[2] == name if self._has("MLST") else line == name for line in lines)

    def _facts(self, path: str) -> RemoteFile | None:
        try:
            return file_of_facts(path, self._told_facts(path))
        except RefusedError as problem:
            if problem.code < 500:
                raise
            return None

    def _told_facts(self, path: str) -> str:
        lines = self._connection.command(f"MLST {self._at(path)}", f"tell of '{printable(path)}'").split("\n")
        return lines[min(1, len(lines) - 1)].removeprefix(" ").partition(" ")[0]

    def _asked(self, path: str) -> RemoteFile | None:
        """Return what is at a path, by commands that each server has."""
        at, doing = self._at(path), f"tell of '{printable(path)}'"
        try:
            size = self._connection.command(f"SIZE {at}", doing)[4:].strip()
        except RefusedError as problem:
            if problem.code < 500:
                raise
            try:
                self._connection.command(f"CWD {at}", doing)
            except RefusedError:
                return None
            return RemoteFile(path, FOLDER, 0, None)
        try:
            modified = modified_of(self._connection.command(f"MDTM {at}", doing)[4:])
        except RefusedError:
            modified = None
        return RemoteFile(path, FILE, int(size) if size.isascii() and size.isdigit() else 0, modified)

    def _has(self, feature: str) -> bool:
        return any(told.split(" ")[0] == feature for told in self._connection.features)

    # ---- files ------------------------------------------------------------------------------------------------------

    def make_folder(self, path: str) -> None:
        doing = f"make the folder '{printable(path)}'"
        try:
            self._connection.command(f"MKD {self._at(path)}", doing)
        except RefusedError as problem:
            try:
                self._connection.command(f"CWD {self._at(path)}", doing)
            except RefusedError:
                raise problem from None

    def write(self, path: str, offset: int, chunks: Iterable[bytes]) -> None:
        """Write from an offset on; a file that has its name already is appended to, which makes none shorter."""
        doing = f"write '{printable(path)}'"
        appends = offset and not is_part(posixpath.basename(path))
        line = f"{'APPE' if appends else 'STOR'} {self._at(path)}"
        noted = Noted(chunks)
        try:
            self._connection.store(line, 0 if appends else offset, noted, doing)
        except RefusedError as problem:
            if offset and not noted.begun and problem.code not in (452, 552):
                raise CannotGoOnError(str(problem)) from None
            raise

    def read(self, path: str, offset: int, size: int) -> Iterator[bytes]:
        if size <= 0:
            return
        line, doing = f"RETR {self._at(path)}", f"read '{printable(path)}'"
        for chunk in self._connection.retrieve(line, offset, size, doing):
            self.pace.take(len(chunk))
            yield chunk

    def put_in_place(self, path: str, target: str) -> None:
        try:
            self._rename(path, target)
        except RefusedError:
            if self.file_at(path) is None or self.file_at(target) is None:  # a folder there raises, and stays
                raise
            self._exchange(path, target)

    def _exchange(self, path: str, target: str) -> None:
        """Replace a file on a server that renames to free names alone; what was there goes last."""
        aside = part_of(target, "replaced")
        self.remove_part(aside)
        self._rename(target, aside)
        try:
            self._rename(path, target)
        except RefusedError:
            self._rename(aside, target)
            raise
        self.remove_part(aside)

    def _rename(self, path: str, target: str) -> None:
        doing = f"rename '{printable(path)}' to '{printable(target)}'"
        self._connection.command(f"RNFR {self._at(path)}", doing)
        self._connection.command(f"RNTO {self._at(target)}", doing)

    def remove_part(self, path: str) -> None:
        if not is_part(posixpath.basename(path)):
            raise SyncError(f"'{printable(path)}' is no part of a transfer: it is not removed.")
        with contextlib.suppress(RefusedError):  # there is none
            self._connection.command(f"DELE {self._at(path)}", f"remove '{printable(path)}'")

    def set_modified(self, path: str, modified: float) -> None:
        if not self._has("MFMT"):
            return
        with contextlib.suppress(RefusedError):  # of another owner, or a time that it does not take
            line = f"MFMT {time_value(modified)} {self._at(path)}"
            self._connection.command(line, f"set the time of '{printable(path)}'")

    # ---- servers that do not go on ----------------------------------------------------------------------------------

    def send_one(self, sending: Sending, until: float | None, moved: Moved, known: set[str]) -> bool:
        check_name(sending.path)  # that of its part is another one, and might be carried
        try:
            return super().send_one(sending, until, moved, known)
        except CannotGoOnError:
            self.remove_part(sending.part)
        return super().send_one(replace(sending, offset=0), until, moved, known)


class FtpTransport(FtpsTransport):
    """Files over plain FTP: anybody on the way reads the password and the files."""

    protocol = "ftp"
    encrypted = False

    def connect(self) -> None:
        if not self.remote.allow_plaintext:
            raise SyncError(
                f"{self.remote} would send the password and all records unencrypted, and was not connected to. Use "
                "sftp or ftps; in a network that you trust, allow it by REMOTE_SETTING.allow_plaintext: True."
            )
        if self.remote.host not in _warned:
            _warned.add(self.remote.host)
            warn_quietly(
                f"the password for {self.remote} and all that is sent travel unencrypted; sftp and ftps do not."
            )
        super().connect()


def _unreachable(path: str) -> RemoteFile:
    """Return what is known of a name that a server lists, and that FTP cannot carry to ask for more."""
    return RemoteFile(path, OTHER, 0, None)
