"""What a snapshot is to hold: names of a configuration, resolved to files of a project."""

from __future__ import annotations

import importlib.util
import os
import sysconfig
import warnings
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from typing import Final

from rla.config import Settings
from rla.errors import RLAWarning, did_you_mean
from rla.names import PARAMETER_FILE
from rla.snapshot.walk import Found, IgnoreFiles, Walk

__all__ = ["MANIFEST_FILE", "OWN_FILES", "PATCH_FILE", "RESUMED_FOLDER", "Selection", "find_files"]

PATCH_FILE: Final = "uncommitted.patch"
MANIFEST_FILE: Final = ".snapshot.json"
RESUMED_FOLDER: Final = ".resumed"
"""Below the folder of a run in the code tree: the code of segments that were gone on with other code."""

OWN_FILES: Final = frozenset({f"{PARAMETER_FILE}.json", f"{PARAMETER_FILE}.yaml", PATCH_FILE, MANIFEST_FILE})
"""Names at the top of a `code/` folder that belong to rla."""

_NEVER_CODE: Final = "it belongs to git or to Python, or to a tree of a data root"

SOURCE: Final = "source"
LIB: Final = "lib"


@dataclass(frozen=True)
class Selection:
    """What a snapshot is to hold.

    Attributes:
        code_root: the folder of the code.
        mode: ``source``: names below the code root; ``lib``: an installed package.
        names: files and folders below the code root.
        lib_dir: the folder of the package, or its name.
        ignore_files: paths of gitignore-style files.
        single_files: paths of further files, which no ignore file leaves out: the script, the configuration, …
        yaml_files: those of the single files that are YAML, whatever their names say.
        largest: files of more bytes are left out.
    """

    code_root: str
    mode: str = SOURCE
    names: Sequence[str] = field(default_factory=list)
    lib_dir: str | None = None
    ignore_files: Sequence[str] = field(default_factory=list)
    single_files: Sequence[str] = field(default_factory=list)
    yaml_files: Sequence[str] = field(default_factory=list)
    largest: int = 10 << 20

    @classmethod
    def from_settings(
        cls,
        settings: Settings,
        code_root: str,
        ignore_file_path: str | os.PathLike[str] | Iterable[str | os.PathLike[str]] | None = None,
        run_file: str | os.PathLike[str] | Iterable[str | os.PathLike[str]] | None = None,
        script: str | None = None,
    ) -> Selection:
        """Return what a configuration selects.

        Args:
            settings: the configuration.
            code_root: the folder of the code.
            ignore_file_path: ignore file(s) in place of those of the configuration; one that is missing warns.
            run_file: further file(s) to keep; one that is missing warns.
            script: the program that runs; it is kept unless it is an installed one, such as pytest.
        """
        root = os.path.abspath(code_root)
        named = _paths(ignore_file_path)
        if ignore_file_path is None:
            ignore = [os.path.join(root, path) for path in settings.get("BACKUP_CONFIG.ignore_code_paths")]
        else:
            ignore = _existing(named, root, "ignore_file_path")
        singles = _existing(_paths(run_file), root, "run_file")
        # who runs the code again needs the same configuration and the same rules
        always = [settings.file, *filter(os.path.isfile, ignore)]
        singles += [path for path in always if path and _inside(os.path.realpath(path), root)]
        singles += [script] if script and os.path.isfile(script) and not _is_installed(script) else []
        return cls(
            code_root=root,
            mode=settings.get("PROJECT_TYPE.backup_code_by"),
            names=list(settings.get("BACKUP_CONFIG.backup_code_dir")),
            lib_dir=settings.get("BACKUP_CONFIG.lib_dir") or None,
            ignore_files=ignore,
            single_files=list(dict.fromkeys(singles)),
            yaml_files=[settings.file] if settings.file in singles else [],
            largest=settings.get("BACKUP_CONFIG.largest_file_mb") << 20,
        )

    def moved(self, code_root: str) -> Selection:
        """Return the same selection of another copy of the project, without what lay outside of it."""

        def new(paths: Sequence[str]) -> list[str]:
            inside = [os.path.relpath(path, self.code_root) for path in paths]
            return [os.path.join(code_root, path) for path in inside if not _is_outside(path)]

        lib_dir = self.lib_dir
        if lib_dir is not None and _is_outside(os.path.relpath(os.path.join(self.code_root, lib_dir), self.code_root)):
            lib_dir = None
        return replace(
            self,
            code_root=code_root,
            lib_dir=lib_dir,
            ignore_files=new(self.ignore_files),
            single_files=new(self.single_files),
            yaml_files=new(self.yaml_files),
        )


def _paths(given: str | os.PathLike[str] | Iterable[str | os.PathLike[str]] | None) -> list[str]:
    if given is None:
        return []
    return [os.fspath(path) for path in ((given,) if isinstance(given, (str, os.PathLike)) else given)]


def _existing(paths: list[str], root: str, argument: str) -> list[str]:
    """Resolve paths against the code root, else against the working directory, and warn of those that are missing."""
    found = []
    for path in paths:
        candidates = [os.path.join(root, os.path.expanduser(path)), os.path.abspath(os.path.expanduser(path))]
        existing = next((candidate for candidate in candidates if os.path.exists(candidate)), None)
        if existing is None:
            hint = _nearest(path, root)
            problem = (
                f"configure({argument}={path!r}): there is no such file, neither in '{root}' nor in '{os.getcwd()}'."
            )
            warnings.warn(problem + hint, RLAWarning, stacklevel=4)
        else:
            found.append(os.path.normpath(existing))
    return found


def _nearest(path: str, root: str) -> str:
    folder = os.path.dirname(os.path.join(root, path))
    try:
        return did_you_mean(os.path.basename(path), os.listdir(folder))
    except OSError:
        return ""


def _is_installed(script: str) -> bool:
    """Say whether a program belongs to the installation of Python or of a package, not to the project."""
    installed = {os.path.realpath(sysconfig.get_path(name)) for name in ("scripts", "stdlib", "purelib", "platlib")}
    return any(_inside(os.path.realpath(script), folder) for folder in installed)


def _inside(path: str, root: str) -> bool:
    return path.startswith(os.path.join(os.path.realpath(root), ""))


def find_files(selection: Selection) -> Found:
    """Find the files and links of a selection.

    Nothing outside the code root is reached, but for what was named on its own: the package of ``lib`` mode, and
    single files.
    """
    found = Found()
    if selection.mode == LIB:
        _add_package(selection, found)
    else:
        _add_names(selection, found)
    for path in selection.single_files:
        _add_single(path, selection.code_root, found)
    _resolve_collisions(found)
    _resolve_links(found)
    return found


def _add_package(selection: Selection, found: Found) -> None:
    lib_dir = selection.lib_dir
    if lib_dir is None:
        found.left_out["BACKUP_CONFIG.lib_dir"] = "it is not set, and backup_code_by is lib"
        return
    folder = os.path.join(selection.code_root, os.path.expanduser(lib_dir))
    if not os.path.isdir(folder):
        spec = importlib.util.find_spec(lib_dir) if lib_dir.isidentifier() else None
        locations = list(spec.submodule_search_locations or ()) if spec is not None else []
        if not locations:
            found.left_out[lib_dir] = "there is neither such a folder nor a package of this name"
            return
        folder = locations[0]
    _add_all(folder, os.path.basename(os.path.normpath(folder)), found)


def _add_all(folder: str, name: str, found: Found) -> None:
    """Add all of a folder, as ``name``; ``.`` is the top of the snapshot."""
    walk = Walk(folder)
    walk.add(".")
    prefix = "" if name == "." else f"{name}/"
    for path, source in walk.found.files.items():
        if found.files.setdefault(f"{prefix}{path}", source) != source:
            found.left_out[source] = f"another file is kept under the name '{prefix}{path}'"
    found.links.update({f"{prefix}{path}": source for path, source in walk.found.links.items()})
    found.left_out.update({f"{prefix}{path}": reason for path, reason in walk.found.left_out.items()})


def _is_outside(relative: str) -> bool:
    return relative == ".." or relative.startswith("../")


def _add_single(path: str, root: str, found: Found) -> None:
    """Add a file or folder that was named on its own; one from outside the code root goes by its last name."""
    inside = os.path.relpath(path, root).replace(os.sep, "/")
    if _is_outside(inside):  # the same place may have two names
        inside = os.path.relpath(os.path.realpath(path), os.path.realpath(root)).replace(os.sep, "/")
    if not _is_outside(inside) and Walk(root).is_never_code(inside):
        found.left_out[inside] = _NEVER_CODE
        return
    name = os.path.basename(os.path.normpath(path)) if _is_outside(inside) else inside
    if os.path.isdir(path):
        _add_all(path, name, found)
    elif found.files.get(name, path) in (path, os.path.realpath(path)):
        found.files[name] = os.path.realpath(path)
    else:
        found.left_out[path] = f"another file is kept under the name '{name}'"


def _add_names(selection: Selection, found: Found) -> None:
    root = selection.code_root
    ignore = IgnoreFiles()
    for path in selection.ignore_files:
        name = os.path.relpath(path, root).replace(os.sep, "/")
        try:
            ignore.add(path)
        except FileNotFoundError:
            found.left_out[name] = f"there is no such ignore file.{_nearest(name, root)}"
        except OSError as error:
            found.left_out[name] = f"the ignore file cannot be read: {error.strerror or error}"
    walk = Walk(root, ignore)
    for given in selection.names:
        path = os.path.normpath(os.path.join(root, os.path.expanduser(given)))
        inside = os.path.relpath(path, root).replace(os.sep, "/")
        real = os.path.relpath(os.path.realpath(path), walk.root).replace(os.sep, "/")
        if not os.path.lexists(path):
            found.left_out[given] = f"there is no such file or folder.{_nearest(inside, root)}"
        elif _is_outside(real):
            found.left_out[given] = f"it lies outside the code root '{root}'"
        elif walk.is_never_code(real):
            found.left_out[given] = _NEVER_CODE
        elif os.path.isdir(path):
            if not walk.add(real if _is_outside(inside) else inside):
                found.left_out[given] = "an ignore file leaves it out"
        elif os.path.exists(path):
            found.files[real if _is_outside(inside) else inside] = os.path.realpath(path)
        else:
            found.left_out[given] = "it leads nowhere"
    found.files = walk.found.files | found.files
    found.links = walk.found.links
    found.left_out.update(walk.found.left_out)


def _resolve_collisions(found: Found) -> None:
    """Leave out what cannot stand beside something else: files of ours, a link that is a file too, a folder's name."""
    for path in found.files.keys() & found.links.keys():
        del found.links[path]
    folders = {folder for path in (*found.files, *found.links) for folder in _folders_of(path)}
    for table in (found.files, found.links):
        for path in OWN_FILES & table.keys():
            del table[path]
            found.left_out[path] = "rla keeps a file of its own under this name"
        for path in folders & table.keys():
            del table[path]
            found.left_out[path] = "a folder is kept under this name"


def _folders_of(path: str) -> Iterator[str]:
    folder = path.rpartition("/")[0]
    while folder:
        yield folder
        folder = folder.rpartition("/")[0]


def _resolve_links(found: Found) -> None:
    """Turn links into relative ones inside the snapshot, and leave out those that lead anywhere else."""
    if not found.links:
        return
    paths = {source: path for path, source in found.files.items()}
    for source, path in list(paths.items()):  # folders are there when a file below them is
        while "/" in path and os.path.dirname(source) not in paths:
            source, path = os.path.dirname(source), os.path.dirname(path)
            paths[source] = path
    for path, source in list(found.links.items()):
        target = paths.get(os.path.realpath(source))
        if target is None:
            del found.links[path]
            found.left_out[path] = f"it is a link to '{os.readlink(source)}', which is not in the snapshot"
        else:
            found.links[path] = os.path.relpath(target, os.path.dirname(path) or ".")
