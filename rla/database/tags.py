"""Tags: short names that people give to experiments, kept in the run card."""

from __future__ import annotations

import contextlib
import os
import unicodedata
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from rla import files
from rla.database.index_name import parse_index_name
from rla.database.run_card import RunCard, update_run_card
from rla.database.trees import ExperimentPlace
from rla.errors import InvalidTagError
from rla.names import LOG, RUN_CARD_FILE

__all__ = ["Tagged", "add_tags", "change_tags", "check_tags"]

LONGEST_TAG: Final = 100
_SIGNS: Final = "_-.:/"


@dataclass(frozen=True)
class Tagged:
    """What became of one experiment.

    Attributes:
        place: where it lies.
        tags: its tags now; none where they are not known.
        changed: whether they are others than before.
        problem: why nothing was changed; None when all went well.
    """

    place: ExperimentPlace
    tags: list[str]
    changed: bool = False
    problem: str | None = None

    @property
    def name(self) -> str:
        """``<task>/<%Y/%m/%d>/<index name>``."""
        return f"{self.place.task}/{self.place.day}/{self.place.index_name}"

    @property
    def record_date(self) -> str:
        """``%Y/%m/%d/%H-%M-%S-%f``; of a folder that is no experiment's, its day and name."""
        index = parse_index_name(self.place.index_name)
        return f"{self.place.day}/{index.time if index else self.place.index_name}"


def check_tags(tags: Iterable[object]) -> list[str]:
    """Return tags as they are kept: in Unicode's NFC form, each once.

    Raises:
        InvalidTagError: one of them cannot be a tag.
    """
    return list(dict.fromkeys(map(_checked, tags)))


def _checked(tag: object) -> str:
    if not isinstance(tag, str):
        raise InvalidTagError(tag, "it is no text")
    tag = unicodedata.normalize("NFC", tag)
    if not tag:
        raise InvalidTagError(tag, "it is empty")
    if len(tag) > LONGEST_TAG:
        raise InvalidTagError(tag, f"it has {len(tag)} characters")
    wrong = next((letter for letter in tag if not (letter.isalnum() or letter in _SIGNS)), None)
    if wrong is not None:
        raise InvalidTagError(tag, f"it has {wrong!r} in it")
    return tag


def add_tags(card: RunCard, tags: Iterable[str]) -> None:
    """Add tags to a card, behind those that it has."""
    card.tags += [tag for tag in dict.fromkeys(tags) if tag not in card.tags]


def change_tags(places: Iterable[ExperimentPlace], add: Sequence[str] = (), remove: Sequence[str] = ()) -> list[Tagged]:
    """Add tags to experiments and take tags away, in their run cards; running ones keep them.

    Experiments of older tools have no run card, and so no tags. One that cannot be changed does not hold up the others.

    Args:
        places: where they lie.
        add: tags that they shall have.
        remove: tags that they shall not have; one that they do not have is fine.

    Raises:
        InvalidTagError: one of those to be added cannot be a tag; nothing has changed then.
    """
    wanted = check_tags(add)

    def change(card: RunCard) -> None:
        add_tags(card, wanted)
        card.tags = [tag for tag in card.tags if tag not in remove]

    return [_change(place, change) for place in places]


def _change(place: ExperimentPlace, change: Callable[[RunCard], None]) -> Tagged:
    folder = place.path(LOG)
    before: list[str] = []

    def noting(card: RunCard) -> None:
        before.extend(card.tags)
        change(card)

    try:
        tags = update_run_card(folder, noting).tags
    except (OSError, ValueError) as error:
        return Tagged(place, before, problem=_told(folder, error))
    if tags != before:
        files.touch_directory(folder.parent)  # other readers' indexes look at experiments of folders that have changed
    return Tagged(place, tags, tags != before)


def _told(folder: Path, error: OSError | ValueError) -> str:
    if isinstance(error, FileNotFoundError):
        return f"it has no run card ({RUN_CARD_FILE}), where tags are kept: an older tool recorded it"
    if not isinstance(error, OSError):
        return f"its run card cannot be read: {error}"
    owner = _other_owner(folder)
    return f"its run card cannot be changed: {error.strerror or error}{f'; it belongs to {owner}' if owner else ''}"


def _other_owner(folder: Path) -> str | None:
    """Return who owns a folder that is not this user's."""
    with contextlib.suppress(OSError, AttributeError, KeyError, ImportError):
        import pwd

        number = os.stat(folder).st_uid
        return None if number == os.getuid() else pwd.getpwuid(number).pw_name
    return None
