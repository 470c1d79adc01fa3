"""The git repository around the code: commit, branch, remote, and what is not committed.

Asked of the program `git`; where there is none, or no repository, nothing is known. A git that hangs is ended.
"""

from __future__ import annotations

import os
import re
import subprocess
import threading
from dataclasses import dataclass
from typing import Final
from urllib.parse import urlsplit, urlunsplit

from rla.snapshot.masking import is_masked_file, mask_secrets

__all__ = ["GitState", "read_git_state", "uncommitted_patch"]

_SECONDS: Final = 10.0
_SAFE: Final = ("-c", "core.fsmonitor=false", "-c", "core.quotePath=true", "-c", "diff.noprefix=false")
_DIFF: Final = (
    *("diff", "--no-color", "--no-ext-diff", "--no-textconv", "--no-renames", "--binary", "--full-index"),
    *("--src-prefix=a/", "--dst-prefix=b/", "--ignore-submodules=dirty"),
)
_WHOLE_FILE: Final = "--unified=1000000000"
_SECTION: Final = re.compile(rb"^diff --git ", re.MULTILINE)


@dataclass(frozen=True)
class GitState:
    """The state of a repository.

    Attributes:
        folder: the folder that was asked about.
        commit: the commit that is checked out; empty before the first one.
        branch: the branch; empty when none is checked out.
        remote: the address of the remote, without user names and passwords; empty when there is none.
        dirty: whether files that git knows differ from the commit.
    """

    folder: str
    commit: str = ""
    branch: str = ""
    remote: str = ""
    dirty: bool = False


def _git(folder: str, *arguments: str, largest: int = 64 << 20) -> bytes | None:
    """Run git in a folder and return what it prints; None when it fails, is not there, or prints too much."""
    environment = {**os.environ, "GIT_OPTIONAL_LOCKS": "0", "GIT_TERMINAL_PROMPT": "0", "LC_ALL": "C"}
    command = ["git", "-C", folder, *_SAFE, *arguments]
    try:
        with subprocess.Popen(
            command, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, env=environment
        ) as process:
            assert process.stdout is not None
            watch = threading.Timer(_SECONDS, process.kill)
            watch.start()
            try:
                output = process.stdout.read(largest + 1)
                if len(output) <= largest and process.wait() == 0:
                    return output
            finally:
                watch.cancel()
                process.kill()
    except (OSError, subprocess.SubprocessError):
        return None
    return None


def read_git_state(folder: str) -> GitState | None:
    """Return the state of the repository that a folder is in; None where there is none."""
    status = _git(folder, "status", "--porcelain=v2", "--branch", "--untracked-files=no", "--ignore-submodules=dirty")
    if status is None:
        return None
    facts: dict[str, str] = {}
    dirty = False
    for line in status.decode("utf-8", "replace").splitlines():
        if line.startswith("# branch."):
            name, _, value = line.removeprefix("# branch.").partition(" ")
            facts[name] = "" if value in ("(initial)", "(detached)") else value
        elif not line.startswith("#"):
            dirty = True
    return GitState(folder, facts.get("oid", ""), facts.get("head", ""), _remote(folder), dirty)


def _remote(folder: str) -> str:
    listed = _git(folder, "config", "--get-regexp", r"^remote\..*\.url$") or b""
    remotes = dict(line.split(" ", 1) for line in listed.decode("utf-8", "replace").splitlines() if " " in line)
    return without_credentials(remotes.get("remote.origin.url") or next(iter(remotes.values()), ""))


def without_credentials(url: str) -> str:
    """Return the address of a remote without user name, password and query; that of ssh keeps its user name."""
    if "://" not in url:
        return url  # git@host:path, or a folder
    try:
        parts = urlsplit(url)
    except ValueError:
        return ""
    user, at, host = parts.netloc.rpartition("@")
    kept = f"{user.partition(':')[0]}@" if at and parts.scheme in ("ssh", "git+ssh") else ""
    return urlunsplit((parts.scheme, kept + host, parts.path, "", ""))


def uncommitted_patch(state: GitState, largest: int) -> tuple[bytes | None, list[str]]:
    """Return what differs from the commit as a patch for `git apply`, with secrets masked.

    Args:
        state: a repository with a commit.
        largest: a patch of more bytes is none.

    Returns:
        The patch, and what was masked or left out of it; or None, and why there is none.
    """
    top = (_git(state.folder, "rev-parse", "--show-toplevel") or b"").decode("utf-8", "surrogateescape").rstrip("\n")
    if not state.commit or not top:
        return None, ["there is no commit yet to compare with"]
    changed = _git(top, *_DIFF, "--name-only", "-z", "HEAD") or b""
    names = [os.fsdecode(name) for name in changed.split(b"\0") if name]
    configurations = [name for name in names if is_masked_file(name)]
    excluded = [f":(exclude,top,literal){name}" for name in configurations]
    patch = b""
    if len(configurations) < len(names):
        patch = _git(top, *_DIFF, "HEAD", "--", ".", *excluded, largest=largest) or b""
        if not patch:
            return None, [f"git could not make it, or it is larger than {largest >> 20} MiB"]
    masked: list[str] = []
    for name, section in zip(configurations, _sections(top, configurations, largest), strict=False):
        section, keys = _masked_section(section, name)
        patch += section
        masked += [f"{name}: {key}" for key in keys]
    return patch, masked


def _sections(top: str, names: list[str], largest: int) -> list[bytes]:
    """Return the patch of each file, with all lines around a change, so that a key is seen with its value."""
    if not names:
        return []
    paths = [f":(top,literal){name}" for name in names]
    patch = _git(top, *_DIFF, _WHOLE_FILE, "HEAD", "--", *paths, largest=largest) or b""
    starts = [match.start() for match in _SECTION.finditer(patch)]
    return [patch[start:end] for start, end in zip(starts, [*starts[1:], len(patch)], strict=True)]


def _masked_section(section: bytes, name: str) -> tuple[bytes, list[str]]:
    """Mask the secrets of one file in a patch that shows all its lines: its old and its new text, each as a whole."""
    if b"\nGIT binary patch\n" in section:
        return b"", ["left out, as a binary file cannot be looked into"]
    head, found, hunk = section.partition(b"\n@@ ")
    if not found:  # only its mode was changed
        return section, []
    first, *lines = hunk.decode("utf-8", "surrogateescape").split("\n")
    keys: list[str] = []
    for kept in ("-", "+"):  # what stands in both goes with the new text
        places = [place for place, line in enumerate(lines) if line[:1] in (" ", kept)]
        text = mask_secrets("\n".join(lines[place][1:] for place in places), name)
        keys += [key for key in text.keys if key not in keys]
        for place, line in zip(places, text.text.split("\n"), strict=True):
            lines[place] = lines[place][0] + line
    first = re.sub(r"(?<= @@).*", "", first)  # git shows a line of the file there
    return head + found + "\n".join([first, *lines]).encode("utf-8", "surrogateescape"), keys
