"""Keys that a configuration lacks get defaults."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from rla.config import KEYS, Settings

Reader = Callable[[str | bytes], Settings]


@pytest.mark.parametrize(
    "text", ["", "\n", "# only a comment\n", "---\n", "{}", "\ufeff", "REMOTE_SETTING:\nBACKUP_CONFIG:\nLOG_USED:\n"]
)
def test_a_file_that_says_nothing_gives_all_defaults(settings_of: Reader, text: str) -> None:
    settings = settings_of(text)
    assert {path: settings.get(path) for path in KEYS} == {path: key.default for path, key in KEYS.items()}


def test_the_defaults_record_csv_tensorboard_text_and_show_them() -> None:
    assert set(Settings({}, "nothing", None).log_used) == {"stdout", "log", "tensorboard", "csv"}
    assert Settings({}, "nothing", None).framework == "torch"


def test_a_byte_order_mark_before_the_first_key_is_no_part_of_it(settings_of: Reader) -> None:
    assert settings_of("\ufeffDL_FRAMEWORK: tensorflow\n").framework == "tensorflow"


def test_windows_line_ends_are_fine(settings_of: Reader) -> None:
    assert settings_of("DL_FRAMEWORK: tensorflow\r\nLOG_USED:\r\n  - csv\r\n").log_used == ("csv",)


def test_what_published_files_lack_gets_a_default(settings_of: Reader) -> None:
    settings = settings_of("SEND_LOG_FILE: True\nREMOTE_SETTING:\n  ftp_server: host\n  username: me\n")
    assert settings.get("REMOTE_SETTING.ftp_server") == "host"
    assert settings.get("REMOTE_SETTING.port") is None  # that of the protocol
    assert settings.get("REMOTE_SETTING.file_transfer_protocol") == "sftp"
    assert settings.get("BACKUP_CONFIG.ignore_code_paths") == ()


def test_all_keys_of_a_full_file_are_read(settings_of: Reader) -> None:
    settings = settings_of(
        """
PROJECT_TYPE: {backup_code_by: lib}
BACKUP_CONFIG: {backup_code_dir: [src, run.py], lib_dir: mylib, ignore_code_paths: [.gitignore]}
LOG_USED: [csv, json]
DL_FRAMEWORK: tensorflow
SEND_LOG_FILE: True
REMOTE_SETTING: {ftp_server: h, username: u, password: p, port: 2222, remote_data_root: /r, file_transfer_protocol: ftp}
"""
    )
    assert settings.get("PROJECT_TYPE.backup_code_by") == "lib"
    assert settings.get("BACKUP_CONFIG.backup_code_dir") == ("src", "run.py")
    assert settings.get("BACKUP_CONFIG.lib_dir") == "mylib"
    assert settings.get("BACKUP_CONFIG.ignore_code_paths") == (".gitignore",)
    assert settings.log_used == ("csv", "json")
    assert settings.get("SEND_LOG_FILE") is True
    remote = [settings.get(f"REMOTE_SETTING.{key}") for key in ("ftp_server", "port", "file_transfer_protocol")]
    assert remote == ["h", 2222, "ftp"]


def test_the_older_name_of_the_remote_data_root_is_understood(settings_of: Reader) -> None:
    settings = settings_of("REMOTE_SETTING:\n  remote_log_root: /far\n")
    assert settings.get("REMOTE_SETTING.remote_data_root") == "/far"
