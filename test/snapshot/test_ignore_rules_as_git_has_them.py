"""Whatever stands in the ignore files, root and nested ones, a snapshot keeps the files that git would not ignore."""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from rla.snapshot.selection import Selection, find_files

EXAMPLES = int(os.environ.get("RLA_IGNORE_EXAMPLES", "150"))

atoms = st.sampled_from(
    [
        *("a", "b", "ab", "x", ".", "#", "!", "é", "-", "]", "[", "\\", " ", "\t", "\r", "/", "/", "/", "\\/"),
        *("*", "*", "**", "**", "***", "?", "**/", "/**", "/**/", "*.a", "\\a", "\\ ", "\\*", "\\!", "\\#", "\\\\"),
        *("[ab]", "[!a]", "[^x]", "[a-c]", "[c-a]", "[]a]", "[!]a]", "[a-]", "[\\]]", "[a\\-x]", "[\\a-\\c]", "[a/b]"),
        *("[[:alpha:]]", "[![:upper:]b]", "[[:space:]]", "[[:punct:]x]", "[[:x:]]", "[[:digit]", "[a[:]b]", "[é]"),
    ]
)
patterns = st.builds(
    lambda before, middle, after: before + "".join(middle) + after,
    st.sampled_from(["", "", "", "!", "!", "/", "!/", "#", "\\#", "\\!", " "]),
    st.lists(atoms, min_size=1, max_size=6),
    st.sampled_from(["", "", "", " ", "  ", "/", "/ ", "\r", " \r", "\\ ", "\\"]),
)
ignore_files = st.builds(
    lambda mark, lines, end: f"{mark}{end.join(lines)}{end}",
    st.sampled_from(["", "", "", "\ufeff"]),
    st.lists(patterns, min_size=1, max_size=4),
    st.sampled_from(["\n", "\n", "\r\n"]),
)
names = st.sampled_from(["a", "b", "ab", "ba", "aa", "x", "xa", "c", "a b", "a ", "A", "é", "]", "-", "a.b", "#", "!"])
paths = st.lists(names, min_size=1, max_size=4).map("/".join)
folders = st.lists(names, max_size=2).map(lambda parts: "".join(f"{part}/" for part in parts))


@pytest.fixture(scope="module")
def repository(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("repository")


@settings(max_examples=EXAMPLES, deadline=None, suppress_health_check=list(HealthCheck))
@given(
    files=st.lists(paths, min_size=1, max_size=12),
    above=ignore_files,
    nested=st.dictionaries(folders, ignore_files, max_size=2),
)
@example(files=["log", "net/log", "net/log/a"], above="/log\n", nested={})
@example(files=["a/b/x", "a/x", "b"], above="a/***/x\n", nested={})
@example(files=["a/b/x", "a/x"], above="a/**\\/x\n", nested={})
@example(files=["a\rb", "a\nb", "ab", "a b"], above="a[[:space:]]b\n", nested={})
@example(files=["a/b", "a/c"], above="a/*\n!a/b\n", nested={"a/": "b\n!c\n"})
def test_the_same_files_are_kept(
    repository: Path, git: Callable[..., bytes], files: list[str], above: str, nested: dict[str, str]
) -> None:
    for entry in repository.iterdir():
        if entry.name != ".git":
            shutil.rmtree(entry) if entry.is_dir() else entry.unlink()
    if not (repository / ".git").exists():
        git(repository, "init", "-q")
    for name in files:
        write(repository / name, b"")
    for folder, content in {**nested, "": above}.items():
        write(repository / f"{folder}.gitignore", content.encode())
    all_files = {
        os.path.relpath(os.path.join(folder, name), repository)
        for folder, _, names in os.walk(repository)
        for name in names
        if not Path(folder).is_relative_to(repository / ".git")
    }
    asked = "\0".join(all_files).encode()
    answer = git(repository, "check-ignore", "--no-index", "-z", "--stdin", stdin=asked, ends_with=(0, 1))
    found = find_files(Selection(str(repository), names=["."], ignore_files=[str(repository / ".gitignore")]))
    assert set(found.files) == all_files - set(answer.decode().split("\0"))


def write(path: Path, content: bytes) -> None:
    """Write a file where that is possible: a name may be a file and a folder in what was drawn."""
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content)
    except (FileExistsError, NotADirectoryError, IsADirectoryError):
        pass
