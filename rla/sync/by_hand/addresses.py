"""Where to: the addresses that people type, and the main node that a configuration names."""

from __future__ import annotations

import os
from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path
from typing import TypeVar

from rla.config import Settings
from rla.errors import SyncError, UnreachableError
from rla.names import LOG
from rla.sync.remote import Remote, defaults_of, login_of, parse_remote, remotes_of

__all__ = ["check_is_elsewhere", "check_is_there", "first_that_answers", "remotes_at", "trees_to_send"]

Answer = TypeVar("Answer")


def remotes_at(address: str | None, settings: Settings | None, is_chosen: bool = False) -> list[Remote]:
    """Return the other end, by each of its addresses, in the order they are tried.

    A password, a user name and the consent to clear text are told to the machines that the configuration names. To
    others they go only when it was chosen for this address.

    Args:
        address: what was typed; the main node of the configuration when None.
        settings: the configuration; None where there is none.
        is_chosen: whether the configuration was named for this address, not found in a folder.

    Raises:
        SyncError: it is no address, or nothing says where the main node is.
        ConfigValueError: the configuration has a wrong value.
    """
    if address is None:
        return _main_node(settings)
    if settings is None:
        return [parse_remote(address)]
    remote = parse_remote(address, defaults_of(settings))
    if remote.protocol != "local" and (is_chosen or remote.host.lower() in _hosts_of(settings)):
        login = login_of(settings)
        return [replace(remote, **login | {"username": remote.username or login["username"]})]
    return [remote]


def trees_to_send(settings: Settings | None) -> tuple[str, ...]:
    """Return the trees that a configuration wants to travel; the log tree where there is none.

    Raises:
        ConfigValueError: it names a tree that is none.
    """
    return (LOG,) if settings is None else tuple(settings.get("REMOTE_SETTING.trees"))


def check_is_elsewhere(data_root: Path, remote: Remote) -> None:
    """Refuse a data root that would be brought to itself.

    Raises:
        SyncError: the other end is the same folder.
    """
    if remote.protocol == "local" and os.path.realpath(remote.root) == os.path.realpath(data_root):
        raise SyncError(f"'{remote.root}' is this data root itself. Give the address of another one.")


def check_is_there(remotes: Sequence[Remote]) -> None:
    """Refuse a folder to fetch from that is none: it would be made otherwise.

    Raises:
        SyncError: there is no such folder.
    """
    for remote in remotes:
        if remote.protocol == "local" and not os.path.isdir(remote.root):
            what = "is a file, not a folder" if os.path.exists(remote.root) else "is not there"
            raise SyncError(f"The data root '{remote.root}' {what}; nothing can be fetched from it.")


def first_that_answers(remotes: Sequence[Remote], ask: Callable[[Remote], Answer]) -> Answer:
    """Ask the first of several addresses of one machine that answers.

    Raises:
        SyncError: it refuses us, or none answers.
    """
    problems: list[str] = []
    for remote in remotes:
        try:
            return ask(remote)
        except UnreachableError as error:
            problems.append(str(error))
    raise UnreachableError(" ".join(problems))


def _main_node(settings: Settings | None) -> list[Remote]:
    if settings is not None and _names_a_main_node(settings):
        return remotes_of(settings)
    found = "there is no rla_config.yaml" if settings is None else f"{settings.source} has no REMOTE_SETTING.ftp_server"
    raise SyncError(
        f"Nothing says which machine is meant: {found}. Give an address, such as ssh://user@host/srv/data, or set "
        "REMOTE_SETTING.ftp_server and REMOTE_SETTING.remote_data_root."
    )


def _hosts_of(settings: Settings) -> set[str]:
    complete = _names_a_main_node(settings) and settings.get("REMOTE_SETTING.remote_data_root") is not None
    return {each.host.lower() for each in remotes_of(settings)} if complete else set()


def _names_a_main_node(settings: Settings) -> bool:
    get = settings.get
    if get("REMOTE_SETTING.file_transfer_protocol") == "local":
        return get("REMOTE_SETTING.remote_data_root") is not None
    return bool(get("REMOTE_SETTING.servers")) or get("REMOTE_SETTING.ftp_server") is not None
