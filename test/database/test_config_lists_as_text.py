"""A list of the configuration may be one text."""

from __future__ import annotations

from rla.config import load_settings


def test_formats_may_stand_in_one_text_with_spaces_or_commas() -> None:
    for text in ("csv log", "csv,log", "csv, log", "  csv   log "):
        assert load_settings({"LOG_USED": text}).log_used == ("csv", "log")


def test_one_format_may_stand_alone() -> None:
    assert load_settings({"LOG_USED": "csv"}).log_used == ("csv",)


def test_one_path_may_stand_alone_even_with_spaces() -> None:
    settings = load_settings({"BACKUP_CONFIG": {"backup_code_dir": "my code, old"}})
    assert settings.get("BACKUP_CONFIG.backup_code_dir") == ("my code, old",)


def test_a_port_in_quotes_is_a_number() -> None:
    assert load_settings({"REMOTE_SETTING": {"port": "2222"}}).get("REMOTE_SETTING.port") == 2222
