"""A key that means nothing is ignored with a warning that names the nearest one."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from rla.config import Settings, load_settings
from rla.errors import RLAWarning

Reader = Callable[[str | bytes], Settings]


@pytest.mark.parametrize(
    ("text", "near"),
    [
        ("LOGS_USED: [csv]\n", "LOG_USED"),
        ("log_used: [csv]\n", "LOG_USED"),
        ("DL_FRAMWORK: torch\n", "DL_FRAMEWORK"),
        ("REMOTE_SETTING:\n  user_name: me\n", "REMOTE_SETTING.username"),
    ],
)
def test_the_nearest_key_is_suggested(settings_of: Reader, text: str, near: str) -> None:
    with pytest.warns(RLAWarning, match=f"Did you mean '{near}'"):
        settings_of(text)


def test_a_key_near_to_none_is_answered_with_those_there_are(settings_of: Reader) -> None:
    with pytest.warns(RLAWarning, match=r"'XYZZY' in .*rla_config\.yaml.*LOG_USED, LOG_TABLE_SECONDS, DL_FRAMEWORK"):
        settings_of("XYZZY: 1\n")


def test_a_number_as_a_key_only_warns() -> None:
    with pytest.warns(RLAWarning, match="'7' in the configuration dict"):
        load_settings({7: "seven", "DL_FRAMEWORK": "tensorflow"})  # type: ignore[dict-item]


def test_the_other_keys_count_all_the_same(settings_of: Reader) -> None:
    with pytest.warns(RLAWarning):
        settings = settings_of("LOGUSED: [csv]\nDL_FRAMEWORK: tensorflow\n")
    assert settings.framework == "tensorflow"


def test_known_keys_give_no_warning(settings_of: Reader, recwarn: pytest.WarningsRecorder) -> None:
    settings_of("LOG_USED: [csv]\nREMOTE_SETTING:\n  remote_log_root: /far\n  port: 21\nDATA_ROOT: .\n")
    assert not recwarn.list
