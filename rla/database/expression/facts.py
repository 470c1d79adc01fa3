"""What is known of every experiment: the facts that an expression can name, with their types."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final, Literal

from rla.names import TREES

__all__ = ["FACTS", "Fact", "Type"]

Type = Literal["text", "number", "bool", "moment", "duration", "size", "tags"]


@dataclass(frozen=True)
class Fact:
    """A fact of experiments.

    Attributes:
        type: what it is compared with. Moments are seconds since 1970, durations seconds, sizes bytes.
        description: what it says, in one line.
    """

    type: Type
    description: str


FACTS: Final[dict[str, Fact]] = {
    "task": Fact("text", "name of the task table"),
    "name": Fact("text", "`<task>/<record date>_<node>_&<tracked parameters>`: its path below a tree"),
    "id": Fact("text", "`<record date>_<node>`, unique in a data root"),
    "date": Fact("moment", "the record date, when the experiment was made"),
    "node": Fact("text", "address of the machine that ran it"),
    "status": Fact(
        "text", "`running`, `finished`, `failed`, `interrupted`, `dead`, `stale`, `unknown` or `unreadable`"
    ),
    "start": Fact("moment", "when the run began"),
    "end": Fact("moment", "when the run ended; of a dead or stale run, when it was last heard of"),
    "heartbeat": Fact("moment", "when the run last said that it lives"),
    "duration": Fact("duration", "from its start to its end, or to the heartbeat of a running one"),
    "age": Fact("duration", "from its start until now"),
    "host": Fact("text", "name of the machine"),
    "user": Fact("text", "who ran it"),
    "pid": Fact("number", "number of its process"),
    "steps": Fact("number", "the last time step that was recorded"),
    "size": Fact("size", "bytes of all its files"),
    **{f"size.{tree}": Fact("size", f"bytes of its files in `{tree}/`") for tree in TREES},
    "commit": Fact("text", "git commit of its code"),
    "branch": Fact("text", "git branch of its code"),
    "dirty": Fact("bool", "whether files differed from the commit"),
    "code": Fact("text", "identity of its code: equal for equal code"),
    "parent": Fact("text", "id of the experiment that it was resumed or forked from"),
    "reason": Fact("text", "why it failed or was interrupted"),
    "python": Fact("text", "version of Python"),
    "rla": Fact("text", "version of rla"),
    "tag": Fact("tags", "its tags; a comparison holds when it holds for any of them"),
    "problem": Fact("text", "why it cannot be read"),
}
"""Name → type and description. An index stores them as keys of the kind ``run``, but for ``age`` and ``tag``."""
