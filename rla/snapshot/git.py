"""The git repository around the code: commit, branch, remote, and what is not committed.

Asked of the program `git`; where there is none, or no repository, nothing is known. A git that hangs is ended.
"""

from __future__ import annotations

import contextlib
import os
import re
import signal
import subprocess
import threading
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

from rla.snapshot.masking import MASKED_PATTERNS, has_masked_pattern, mask_secrets

__all__ = ["GitState", "read_git_head", "read_git_state", "uncommitted_patch"]

_SECONDS: Final = 10.0
_SAFE: Final = (
    *("-c", "core.fsmonitor=false", "-c", "core.quotePath=true"),
    *("-c", "diff.noprefix=false", "-c", "diff.suppressBlankEmpty=false"),
)
_DIFF: Final = (
    *("diff", "--no-color", "--no-ext-diff", "--no-textconv", "--no-renames", "--binary", "--full-index"),
    *("--src-prefix=a/", "--dst-prefix=b/", "--ignore-submodules=dirty", "--unified=3"),
)
_OTHER_REPOSITORY: Final = frozenset(
    (
        *("GIT_DIR", "GIT_WORK_TREE", "GIT_INDEX_FILE", "GIT_PREFIX", "GIT_NAMESPACE", "GIT_DIFF_OPTS"),
        *("GIT_EXTERNAL_DIFF", "GIT_LITERAL_PATHSPECS", "GIT_GLOB_PATHSPECS", "GIT_NOGLOB_PATHSPECS"),
        "GIT_ICASE_PATHSPECS",
    )
)
"""Variables that a hook of git sets, or that change what it prints."""
_NO_PATCH: Final = "left out, as git could not make it, or it is larger"
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
    environment = {name: value for name, value in os.environ.items() if name not in _OTHER_REPOSITORY}
    environment |= {"GIT_OPTIONAL_LOCKS": "0", "GIT_TERMINAL_PROMPT": "0", "GIT_NO_LAZY_FETCH": "1", "LC_ALL": "C"}
    command = ["git", "-C", folder, *_SAFE, *arguments]
    try:
        with subprocess.Popen(
            command,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            env=environment,
            start_new_session=True,
        ) as process:
            assert process.stdout is not None
            watch = threading.Timer(_SECONDS, _kill, [process])
            watch.start()
            try:
                output = process.stdout.read(largest + 1)
                if len(output) <= largest and process.wait() == 0:
                    return output
            finally:
                watch.cancel()
                if process.poll() is None:
                    _kill(process)
    except (OSError, subprocess.SubprocessError):
        return None
    return None


def _kill(process: subprocess.Popen[bytes]) -> None:
    """End git and all that it has started, which may hold on to its output."""
    with contextlib.suppress(OSError):
        os.killpg(process.pid, signal.SIGKILL) if hasattr(os, "killpg") else process.kill()


def read_git_head(folder: str) -> GitState | None:
    """Return commit, branch and remote of the repository that a folder is in, without looking at its files.

    That can be asked of anybody's repository: to look at the files, git may run the filters that it configures.
    """
    commit = _git(folder, "rev-parse", "--verify", "HEAD")
    if commit is None:
        return None
    branch = _git(folder, "symbolic-ref", "--short", "--quiet", "HEAD") or b""
    return GitState(folder, commit.decode().strip(), branch.decode("utf-8", "replace").strip(), _remote(folder))


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
    """Return the address of a remote without passwords and query; only that of ssh keeps its user name."""
    helper = re.match(r"(?:\w+::)?", url)
    prefix = helper[0] if helper else ""
    scheme, separator, rest = url.removeprefix(prefix).partition("://")
    if not separator:  # host:path, user@host:path, or a folder
        user, at, host = scheme.partition("@")
        return f"{prefix}{user.partition(':')[0] if at else user}{at}{host}"
    authority, slash, path = re.split(r"[?#]", rest)[0].partition("/")
    user, at, host = authority.rpartition("@")
    kept = f"{user.partition(':')[0]}@" if at and scheme.lower() in ("ssh", "git+ssh") else ""
    return f"{prefix}{scheme.lower()}://{kept}{host}{slash}{path}"


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
    names = _changed_files(top)
    if names is None:
        return None, ["git could not tell what has changed"]
    configurations = [name for name in names if has_masked_pattern(name)]
    excluded = [f":(exclude,top,icase,glob)**/{pattern}" for pattern in MASKED_PATTERNS]
    patch = b""
    if len(configurations) < len(names):
        plain = _git(top, *_DIFF, "HEAD", "--", ".", *excluded, largest=largest)
        if plain is None:
            return None, [f"{_NO_PATCH} than {largest >> 20} MiB"]
        patch = plain
    masked: list[str] = []
    for name, section in _sections(top, configurations, largest):
        shown, keys = _masked_section(section, name)
        patch += shown
        masked += [f"{name}: {key}" + f" than {largest >> 20} MiB" * (section is None) for key in keys]
    return patch, masked


def _changed_files(top: str) -> list[str] | None:
    """Return the files that differ from the commit, in the order of a patch; one whose kind changed is there twice."""
    listed = _git(top, *_DIFF, "--name-status", "-z", "HEAD")
    if listed is None:
        return None
    fields = listed.split(b"\0")
    pairs = zip(fields[::2], fields[1::2], strict=False)
    return [os.fsdecode(name) for status, name in pairs for _ in range(2 if status == b"T" else 1)]


def _sections(top: str, names: list[str], largest: int) -> Iterator[tuple[str, bytes | None]]:
    """Yield the patch of each file, with all lines around a change, so that a key is seen with its value."""
    if not names:
        return
    paths = [f":(top,literal){name}" for name in dict.fromkeys(names)]
    patch = _git(top, *_DIFF, _WHOLE_FILE, "HEAD", "--", *paths, largest=largest)
    starts = [match.start() for match in _SECTION.finditer(patch or b"")]
    if patch is None or len(starts) != len(names):
        yield from ((name, None) for name in names)
        return
    for name, start, end in zip(names, starts, [*starts[1:], len(patch)], strict=True):
        yield name, patch[start:end]


def _masked_section(section: bytes | None, name: str) -> tuple[bytes, list[str]]:
    """Mask the secrets of one file in a patch that shows all its lines: its old and its new text, each as a whole."""
    if section is None:
        return b"", [_NO_PATCH]
    if b"\nGIT binary patch\n" in section:
        return b"", ["left out, as a binary file cannot be looked into"]
    head, found, hunk = section.partition(b"\n@@ ")
    if not found:  # only its mode was changed
        return section, []
    first, *lines = hunk.decode("utf-8", "surrogateescape").split("\n")
    keys: list[str] = []
    shown = list(lines)
    for kept in ("-", "+"):
        places = [place for place, line in enumerate(lines) if line[:1] in (" ", kept)]
        text = mask_secrets("\n".join(lines[place][1:] for place in places), name)
        keys += [key for key in text.keys if key not in keys]
        for place, line in zip(places, text.text.split("\n") if places else (), strict=True):
            if line != lines[place][1:]:  # a line of both texts is masked when one of them says so
                shown[place] = lines[place][0] + line
    first = re.sub(r"(?<= @@).*", "", first)  # git shows a line of the file there
    return head + found + "\n".join([first, *shown]).encode("utf-8", "surrogateescape"), keys
