"""Wrong arguments of `logger.episodes` are told at once, with what was expected, and nothing is recorded then."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from rla import logger, read_episodes


@pytest.mark.parametrize(
    ("arguments", "error", "said"),
    [
        ({"returns": [1.0, 2.0], "lengths": [3]}, ValueError, "lengths=…) has 1 values for 2 returns"),
        ({"returns": [1.0], "env_ids": [3, 4]}, ValueError, "env_ids=…) has 2 values for 1 returns"),
        ({"returns": [1.0, 2.0], "success": [True]}, ValueError, "success=…) has 1 values for 2 returns"),
        ({"returns": 1.0, "success": [True, False]}, ValueError, "expected one for each episode"),
        (
            {"returns": np.ones((2, 3))},
            ValueError,
            "has the shape (2, 3); expected one value, or the shape (episodes,)",
        ),
        ({"returns": [[1.0], [2.0]]}, ValueError, "returns=…) is nested; expected one value"),
        ({"returns": "high"}, TypeError, "holds 'high' (str); expected a number"),
        ({"returns": [1.0, None]}, TypeError, "holds None (NoneType); expected a number"),
        ({"returns": None}, TypeError, "holds None"),
        ({"returns": 1.0, "lengths": "long"}, TypeError, "lengths=…) holds 'long'"),
        ({"returns": 1.0, "timestamp": 3}, ValueError, "has a column 'timestamp' already"),
    ],
)
def test_it_is_told_and_nothing_is_recorded(
    arguments: dict[str, Any], error: type[Exception], said: str, folder: Path
) -> None:
    logger.configure(folder, ["csv"])
    with pytest.raises(error, match=re.escape(said)):
        logger.episodes(**arguments)
    assert logger.dump_tabular() == {}
    assert read_episodes(folder).empty
