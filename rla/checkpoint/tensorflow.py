"""Checkpoints of TensorFlow 2 and of its sessions: TensorFlow's own files, in a folder `<name>_<step>.tf`.

What TensorFlow saves itself (models, optimizers, modules, …) is written by `tf.train.Checkpoint`, and the variables of
a graph by the `Saver` of TensorFlow 1, where a session is the default. Arrays, tensors and plain values lie beside them
in a plain checkpoint. `tf.train.latest_checkpoint` and `tf.train.load_checkpoint` read the folder as well.
"""

from __future__ import annotations

import contextlib
import os
import re
import tempfile
from collections.abc import Callable, Iterator
from typing import Any, ClassVar, Final

from rla import files
from rla.checkpoint.base import FolderSaver, part_of
from rla.checkpoint.plain import read_plain, write_plain
from rla.checkpoint.staging import prefix_of
from rla.errors import CheckpointError
from rla.optional import require

__all__ = ["SavedObject", "TensorflowSaver"]

_PLAIN: Final = ".npz"
_SHOWN: Final = 3
_LONGEST_PROBLEM: Final = 300
_MISSING: Final = re.compile(r"Key \S+ not found in checkpoint")

_PREFIX: Final = "_rla_var_prefix"
"""An attribute of a graph: how the names begin of its variables that are saved and loaded, as `new_saver` was told."""
_SAVERS: Final = "_rla_savers"
"""An attribute of a graph: what saves its variables, by their names. Each one that is made adds to the graph."""


class SavedObject:
    """An object of TensorFlow in a checkpoint.

    Args:
        name: the key by which it was saved.
        prefix: with which the paths of TensorFlow's files begin.
    """

    def __init__(self, name: str, prefix: str) -> None:
        self.name = name
        self._prefix = prefix

    def __repr__(self) -> str:
        return f"SavedObject({self.name!r})"

    def restore(self, target: Any) -> None:
        """Give an object the saved values; variables that it makes later get theirs when they are made.

        Args:
            target: a model, optimizer, module, … that is built as the saved one.

        Raises:
            CheckpointError: it is built otherwise; TensorFlow's message, and which run and file.
        """
        tensorflow = require("tensorflow", "tensorflow")
        try:
            status = tensorflow.train.Checkpoint(**{self.name: target}).read(self._prefix)
            status.expect_partial()  # of all that was saved, this is one
            status.assert_existing_objects_matched()
        except Exception as error:  # which one, TensorFlow does not say
            raise CheckpointError(f"'{self.name}' of '{self._prefix}' does not fit: {_told(error)}") from error


class TensorflowSaver(FolderSaver):
    """Saves what TensorFlow saves.

    Args:
        session_saver: the `tf.compat.v1.train.Saver` of the variables of a graph; made when it is needed, when None.

    Raises:
        MissingPackageError: TensorFlow is not installed.
    """

    suffix: ClassVar[str] = ".tf"

    def __init__(self, session_saver: Any = None) -> None:
        self._tensorflow: Any = require("tensorflow", "tensorflow")
        self._session_saver = session_saver
        self._var_prefix = ""

    def begin(self, var_prefix: str | None) -> None:
        """Note which variables of graphs are saved; those of the default graph, which may soon be closed, at once."""
        self._var_prefix = var_prefix or ""
        graph = self._tensorflow.compat.v1.get_default_graph()
        setattr(graph, _PREFIX, self._var_prefix)
        if not self._tensorflow.executing_eagerly() and self._variables(graph) and not graph.finalized:
            self._saver_of(graph)

    def write_files(self, content: dict[str, Any], prefix: str) -> None:
        tensorflow = self._tensorflow
        trackable = tensorflow.__internal__.tracking.Trackable
        session = tensorflow.compat.v1.get_default_session()
        objects: dict[str, Any] = {}
        values: dict[str, Any] = {}
        for name, value in content.items():
            is_object = isinstance(value, trackable) and not isinstance(value, tensorflow.Variable)
            (objects if is_object else values)[name] = value
        if session is None and not tensorflow.executing_eagerly() and self._variables():
            raise RuntimeError(
                "the variables of a graph live in a session, and none is the default: use `with session:`"
            )
        if objects and session is not None:
            raise TypeError(
                f"{', '.join(objects)}: in a session, variables are saved as a whole; give plain values only"
            )
        if session is not None and (saver := self._saver_of(session.graph)) is not None:
            names = saver.saver_def
            session.run(names.save_tensor_name, {names.filename_tensor_name: prefix})
        elif objects:
            tensorflow.train.Checkpoint(**objects).write(prefix)
        plain = {"values": self._plain(values), "objects": list(objects)}
        with _new_file(prefix + _PLAIN) as stream:
            write_plain(plain, stream)

    def frozen(self, content: dict[str, Any]) -> Callable[[str], None]:
        """Write the files where nobody looks, and return a function that writes them once more."""
        written: dict[str, bytes] = {}
        with tempfile.TemporaryDirectory(prefix="rla-checkpoint-") as folder:
            self.write_files(content, os.path.join(folder, "weights"))
            for name in os.listdir(folder):
                written[name.removeprefix("weights")] = files.read_regular(os.path.join(folder, name), limit=1 << 62)

        def write(prefix: str) -> None:
            for ending, data in written.items():
                with _new_file(prefix + ending) as stream:
                    stream.write(data)

        return write

    def read(self, path: str, trust: bool) -> Any:
        return self._content(path, None)

    def read_part(self, path: str, trust: bool, prefix: str) -> Any:
        return part_of(self._content(path, prefix), prefix, path)

    def _content(self, path: str, wanted: str | None) -> Any:
        """Return what a checkpoint holds; a session gets those variables whose names begin as is wanted.

        Args:
            path: the folder, or the index file of an older tool.
            wanted: how they begin; as `new_saver` was told when None.
        """
        if path.endswith(".index"):  # of an older tool: variables of a session
            return self._variables_of(path.removesuffix(".index"), wanted)
        prefix = prefix_of(path)
        plain = read_plain(prefix + _PLAIN)
        content: dict[str, Any] = plain["values"]
        for name in plain["objects"]:
            content[name] = SavedObject(name, prefix)
        if not plain["objects"] and os.path.exists(f"{prefix}.index"):
            content.update(self._variables_of(prefix, wanted))
        return content

    def _variables_of(self, prefix: str, wanted: str | None) -> dict[str, Any]:
        """Return the variables of a session by name; where a session is the default, its variables get them, too."""
        reader = self._tensorflow.train.load_checkpoint(prefix)
        values = {name: reader.get_tensor(name) for name in sorted(reader.get_variable_to_shape_map())}
        session = self._tensorflow.compat.v1.get_default_session()
        if session is None:
            return values
        if self._session_saver is not None:
            try:
                self._session_saver.restore(session, prefix)
            except (ValueError, self._tensorflow.errors.OpError) as error:
                problem = _told(error)
                raise CheckpointError(f"'{prefix}' does not fit the variables of the session: {problem}") from error
            return values
        variables = self._variables(session.graph, wanted)
        problems = [
            f"{variable.op.name} has the shape {tuple(variable.shape)}, in the checkpoint {shape}"
            for variable in variables
            if (shape := getattr(values.get(variable.op.name), "shape", "none")) != tuple(variable.shape)
        ]
        if problems:
            told = "; ".join(problems[:_SHOWN])
            raise CheckpointError(f"'{prefix}' does not fit the variables of the session: {told}.")
        # what would initialize them gets other values: this adds nothing to a graph, which may be closed
        given = {variable.initializer.inputs[1]: values[variable.op.name] for variable in variables}
        session.run([variable.initializer for variable in variables], given)
        return values

    def _variables(self, graph: Any = None, prefix: str | None = None) -> list[Any]:
        """Return the variables of a graph whose names begin so; as `new_saver` was told when None."""
        graph = graph or self._tensorflow.compat.v1.get_default_graph()
        with graph.as_default():
            found = self._tensorflow.compat.v1.global_variables()
        prefix = getattr(graph, _PREFIX, self._var_prefix) if prefix is None else prefix
        return [variable for variable in found if variable.op.name.startswith(prefix)]

    def _saver_of(self, graph: Any) -> Any:
        """Return the saver of the variables of a graph, None where it has none; it is made once."""
        if self._session_saver is not None:
            return self._session_saver
        variables = self._variables(graph)
        key = tuple(variable.op.name for variable in variables)
        savers = getattr(graph, _SAVERS, {})
        setattr(graph, _SAVERS, savers)
        if variables and key not in savers:
            with graph.as_default():
                savers[key] = self._tensorflow.compat.v1.train.Saver(variables, max_to_keep=None)
        return savers.get(key)

    def _plain(self, value: Any) -> Any:
        """Replace tensors and variables in dicts, lists and tuples by arrays of numpy."""
        if type(value) is dict:
            return {key: self._plain(item) for key, item in value.items()}
        if type(value) in (list, tuple):
            return type(value)(self._plain(item) for item in value)
        if isinstance(value, (self._tensorflow.Tensor, self._tensorflow.Variable)) or _is_keras_variable(value):
            return self._tensorflow.convert_to_tensor(value).numpy()
        return value


def _told(error: Exception) -> str:
    """Return what TensorFlow says, as one line; in what a session says, the stack of its graph comes first."""
    text = " ".join(str(error).split())
    missing = _MISSING.search(text)
    return missing[0] if missing else text[:_LONGEST_PROBLEM]


def _is_keras_variable(value: Any) -> bool:
    return type(value).__module__.partition(".")[0] == "keras" and hasattr(value, "numpy")


@contextlib.contextmanager
def _new_file(path: str) -> Iterator[files.AsideFile]:
    fd = files.create_new(path)
    try:
        yield files.AsideFile(fd)
    finally:
        os.close(fd)
