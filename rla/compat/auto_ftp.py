"""`RLA.auto_ftp`: single files to another machine and back, by the names that older scripts know.

New scripts have `rla push`, `rla pull` and `exp_manager.sync_log_file()`, which send whole experiments.
"""

from __future__ import annotations

import contextlib
import fnmatch
import os
import posixpath
from collections.abc import Iterable, Iterator, MutableSequence
from dataclasses import replace

from rla import files
from rla.compat.const import FTP_PROTOCOL_NAME
from rla.errors import QueryError, SyncError, UnreachableError, did_you_mean, printable
from rla.sync.file_server import FileServer
from rla.sync.password import Password
from rla.sync.registry import transport_to
from rla.sync.remote import Remote
from rla.sync.transport import FILE, FOLDER, Fetching, Outcome, Sending, Transport

__all__ = ["FTPHandler", "SFTPHandler", "ftp_factory"]


def ftp_factory(
    name: str,
    server: str,
    username: str | None,
    password: str | None,
    port: int | None,
    ignore: str | Iterable[str] | None = None,
    allow_plaintext: bool = False,
) -> FTPHandler | SFTPHandler:
    """Return the handler for a protocol.

    Args:
        name: ``ftp`` or ``sftp``.
        server: name or address of the machine.
        username: the user there.
        password: the password of that user; None where a key or an agent of SSH is enough.
        port: None for that of the protocol.
        ignore: patterns of file names that are left out.
        allow_plaintext: whether ``ftp`` may send password and files unencrypted.

    Raises:
        QueryError: there is no such protocol.
    """
    if name == FTP_PROTOCOL_NAME.FTP:
        return FTPHandler(server, username, password, port, ignore, allow_plaintext)
    if name == FTP_PROTOCOL_NAME.SFTP:
        return SFTPHandler(server, username, password, port, ignore)
    known = (FTP_PROTOCOL_NAME.FTP, FTP_PROTOCOL_NAME.SFTP)
    raise QueryError(f"name is 'ftp' or 'sftp'; got {name!r}.{did_you_mean(name, known)}")


class _Handler:
    """What both handlers do: it connects when it is first used, and again when the connection was lost.

    Paths of the other end begin with ``/``, or are meant from where the login ends up.
    """

    def __init__(self, remote: Remote, ignore: str | Iterable[str] | None) -> None:
        self.ignore = [ignore] if isinstance(ignore, str) else list(ignore or ())
        self._remote = remote
        self._transports: dict[str, FileServer] = {}

    def all_file_search(
        self, root_path: str, files: MutableSequence[str] | None = None, filter_length: int = 0
    ) -> MutableSequence[str]:
        """Collect the files below a folder of the other end; those that match ``ignore`` are left out.

        Args:
            root_path: the folder.
            files: the paths are appended to it.
            filter_length: so many characters at the beginning of each path are cut off: ``len(root_path) + 1`` leaves
                what `download_files` takes.

        Returns:
            ``files``.
        """
        found = [] if files is None else files
        top = root_path.rstrip("/")
        with self._connected(root_path) as (transport, folder):
            for entry in transport.walk(folder):
                if entry.kind == FILE and not self._ignored(posixpath.basename(entry.path)):
                    below = posixpath.relpath(entry.path, folder or ".")
                    found.append(f"{top}/{below}"[filter_length:])
        return found

    def upload_file(self, remote_dir: str, local_dir: str, local_file: str) -> None:
        """Send a file; folders are made for it, and one of that name is replaced once all has arrived.

        Args:
            remote_dir: the folder that it comes into.
            local_dir: the folder that it is in.
            local_file: its name, the same here and there.

        Raises:
            SyncError: it could not be sent.
            OSError: it cannot be read.
        """
        if self._ignored(posixpath.basename(local_file)):
            return
        source = os.path.join(local_dir, local_file)
        status = os.stat(source)
        identity = f"{status.st_size} {status.st_mtime_ns}"
        with self._connected(remote_dir) as (transport, folder):
            path = posixpath.normpath(posixpath.join(folder, local_file.replace(os.sep, "/")))
            job = Sending(source, path, status.st_size, identity=identity, modified=status.st_mtime)
            _raise_problem(transport.send([job]))

    def download_file(self, remote_file: str, local_file: str) -> None:
        """Bring a file from the other end; one that is here is replaced once all has arrived.

        Args:
            remote_file: its path there.
            local_file: its path here; folders are made for it.

        Raises:
            SyncError: it is not there, or could not be brought.
        """
        target = os.path.abspath(local_file)
        with self._connected(remote_file) as (transport, path):
            found = transport.status(path)
            if found is None or found.kind != FILE:
                what = "is no file" if found is not None else "is not there"
                raise SyncError(f"'{printable(remote_file)}' {what} on {self._remote.host}.")
            files.make_directories(os.path.dirname(target))
            identity = f"{found.size} {found.modified}"
            job = Fetching(path, target, found.size, identity=identity, modified=found.modified)
            _raise_problem(transport.fetch([job]))

    def close(self) -> None:
        """End the connection; closing twice is fine."""
        for root in list(self._transports):
            self._disconnect(root)

    def _connect(self, root: str = ".") -> FileServer:
        """Connect anew, to paths from ``/`` or from where the login ends up."""
        self._disconnect(root)
        transport = transport_to(replace(self._remote, root=root))
        assert isinstance(transport, FileServer)
        transport.connect()
        self._transports[root] = transport
        return transport

    def _disconnect(self, root: str) -> None:
        if (transport := self._transports.pop(root, None)) is not None:
            transport.close()

    @contextlib.contextmanager
    def _connected(self, path: str) -> Iterator[tuple[FileServer, str]]:
        """Give the connection for a path of the other end, and the path as that one takes it."""
        root = "/" if path.startswith("/") else "."
        below = posixpath.normpath(path).strip("/")
        try:
            yield self._transports.get(root) or self._connect(root), "" if below == "." else below
        except UnreachableError:
            self._disconnect(root)
            raise

    def _ignored(self, name: str) -> bool:
        return any(fnmatch.fnmatchcase(name, pattern) for pattern in self.ignore)


class FTPHandler(_Handler):
    """Files over FTP, encrypted by TLS.

    A server that offers no encryption is refused, and told nothing: older versions sent the password to it for all to
    read. ``allow_plaintext=True`` says that this network is trusted; then plain FTP is spoken from the beginning, and a
    warning given once.

    Args:
        ftp_server: name or address of the machine.
        username: the user there.
        password: the password of that user.
        port: None for 21.
        ignore: patterns of file names that are left out, such as ``*.pyc``.
        allow_plaintext: whether password and files may be sent unencrypted.
    """

    def __init__(
        self,
        ftp_server: str,
        username: str | None,
        password: str | None,
        port: int | None,
        ignore: str | Iterable[str] | None = None,
        allow_plaintext: bool = False,
    ) -> None:
        protocol = "ftp" if allow_plaintext else "ftps"
        remote = Remote(protocol, ".", ftp_server, port, username, Password(password))
        super().__init__(replace(remote, allow_plaintext=allow_plaintext), ignore)

    def ftpconnect(self) -> Transport:
        """Connect, which the first use does otherwise, and return the connection.

        Raises:
            SyncError: nobody answers, or not as it should be; a server without encryption is told how to allow it.
        """
        return self._connect()

    def ignore_match(self, files: str | Iterable[str]) -> list[str]:
        """Return those of some file names that match ``ignore``."""
        names = [files] if isinstance(files, str) else files
        return [name for name in names if self._ignored(posixpath.basename(name))]

    def get_dir(self, path: str) -> list[str]:
        """Return the names in a folder of the other end, sorted; those of folders end with ``/``."""
        with self._connected(path) as (transport, folder):
            entries = transport.entries(folder)
        return sorted(posixpath.basename(each.path) + "/" * (each.kind == FOLDER) for each in entries)

    def download_files(self, files: Iterable[str], remote_root: str, local_root: str) -> None:
        """Bring files from below a folder of the other end into one here.

        Args:
            files: their paths below ``remote_root``, as `all_file_search` collects them.
            remote_root: the folder there.
            local_root: the folder here; those below it are made.

        Raises:
            SyncError: one of them could not be brought, or its path leads out of the folder.
        """
        for path in files:
            below = posixpath.normpath(path.lstrip("/"))
            if below.startswith("../") or below in ("..", "."):
                raise SyncError(f"'{printable(path)}' leads out of '{printable(remote_root)}': it is not brought here.")
            if not self._ignored(posixpath.basename(below)):
                self.download_file(posixpath.join(remote_root, below), os.path.join(local_root, below))

    def _connect(self, root: str = ".") -> FileServer:
        try:
            return super()._connect(root)
        except SyncError as problem:
            if "offers no encryption" in str(problem):
                raise SyncError(f"{problem} To send all unencrypted: FTPHandler(…, allow_plaintext=True).") from None
            raise


class SFTPHandler(_Handler):
    """Files over SSH. An unknown server is refused, and another protocol is never tried.

    Args:
        sftp_server: name or address of the machine, or a host of ``~/.ssh/config``.
        username: the user there.
        password: the password of that user; None where a key or an agent is enough.
        port: None for 22.
        ignore: patterns of file names that are left out.
    """

    def __init__(
        self,
        sftp_server: str,
        username: str | None,
        password: str | None,
        port: int | None,
        ignore: str | Iterable[str] | None = None,
    ) -> None:
        super().__init__(Remote("sftp", ".", sftp_server, port, username, Password(password)), ignore)

    def sftpconnect(self) -> Transport:
        """Connect, which the first use does otherwise, and return the connection.

        Raises:
            SyncError: nobody answers, or the server is unknown.
        """
        return self._connect()


def _raise_problem(outcomes: Iterable[Outcome]) -> None:
    for outcome in outcomes:
        if outcome.problem is not None:
            raise outcome.problem
