"""Environments of gymnasium: their episodes, their steps and their videos."""

from __future__ import annotations

from rla.optional import require

require("gymnasium", "gymnasium", "1.0")  # before the files of this folder import it

from rla.adapt.gymnasium.episodes import record_episodes  # noqa: E402
from rla.adapt.gymnasium.video import record_video  # noqa: E402

__all__ = ["record_episodes", "record_video"]
