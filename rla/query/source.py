"""Where answers come from: an index that is brought up to date once, and the experiments in it."""

from __future__ import annotations

import functools
from collections.abc import Sequence
from typing import Final

from rla.database.index.documents import encode
from rla.database.index.entry import UNREADABLE
from rla.database.index.index import Index
from rla.database.index.sizes import Sizes
from rla.database.index.store import IndexStore
from rla.query.experiment import Experiment
from rla.query.question import Question

__all__ = ["Source", "experiments_of"]

_GONE: Final = (
    encode({"status": UNREADABLE, "problem": "it is not there any more", "tags": []}),
    encode({}),
)


class Source:
    """The index that several answers come from; it is brought up to date once.

    Args:
        index: the index.
        refresh: whether it shall be brought up to date.
        fresh: whether every experiment shall be read anew.
    """

    def __init__(self, index: Index, refresh: bool, fresh: bool) -> None:
        self.index = index
        self._refresh, self._fresh = refresh, fresh
        self._up_to_date: set[str | None] = set()

    def answer(self, question: Question) -> list[int]:
        """Return the ids of the experiments that a question is answered with; see `Question.answer`."""
        task = question.task
        if (self._refresh or self._fresh) and not self._up_to_date & {None, task}:
            self.index.refresh(task, self._fresh)
            self._up_to_date.add(task)
        is_up_to_date = bool(self._up_to_date)

        def ask(store: IndexStore) -> list[int]:
            return question.answer(store, self.index.data_root, is_up_to_date)

        return self.index.ask_with_sizes(ask, task) if question.is_about_sizes else self.index.ask(ask)


def experiments_of(index: Index, ids: Sequence[int]) -> list[Experiment]:
    """Return the experiments of some ids in the index, those that are still there.

    Their details are read together when one is asked for, and so are their sizes.
    """
    documents = index.ask(lambda store: store.documents(ids))
    details: dict[int, tuple[bytes, bytes]] = {}
    sizes: dict[int, Sizes] = {}

    def details_of(number: int) -> tuple[bytes, bytes]:
        if number not in details:
            details.update(index.ask(lambda store: store.details(ids)))
        if number not in details:
            details[number] = _GONE  # another process has seen meanwhile that it was deleted
        return details[number]

    def sizes_of(number: int) -> Sizes:
        if number not in sizes:
            sizes.update(index.sizes(ids))
        return sizes.setdefault(number, Sizes({}, {}))

    return [
        Experiment(
            index.data_root,
            *documents[number],
            functools.partial(details_of, number),
            functools.partial(sizes_of, number),
        )
        for number in ids
        if number in documents
    ]
