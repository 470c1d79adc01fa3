"""A configuration file that is missing or damaged is answered with its name, the line and what to do."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from rla import RLAError, exp_manager
from rla.config import Settings, load_settings
from rla.errors import ConfigError, ConfigNotFoundError, ConfigSyntaxError

Reader = Callable[[str | bytes], Settings]


def test_a_missing_file_is_named_with_what_to_do(tmp_path: Path) -> None:
    with pytest.raises(ConfigNotFoundError, match=r"nowhere\.yaml") as caught:
        load_settings(tmp_path / "nowhere.yaml")
    assert "example/rla_config.yaml" in str(caught.value)
    assert isinstance(caught.value, FileNotFoundError)
    assert isinstance(caught.value, ValueError)


def test_a_folder_is_no_configuration_file(tmp_path: Path) -> None:
    with pytest.raises(ConfigNotFoundError):
        load_settings(tmp_path)


def test_a_syntax_error_is_shown_with_file_line_text_and_caret(settings_of: Reader) -> None:
    with pytest.raises(ConfigSyntaxError) as caught:
        settings_of("DL_FRAMEWORK: torch\nLOG_USED: [csv, log\nSEND_LOG_FILE: False\n")
    message = str(caught.value).splitlines()
    assert "rla_config.yaml" in message[0]
    assert "(line 3, column 14)" in message[0]
    assert message[1] == "  3 | SEND_LOG_FILE: False"
    assert message[2].index("^") == message[1].index(":", message[1].index("SEND"))


def test_a_tab_as_indentation_is_shown_on_its_line(settings_of: Reader) -> None:
    with pytest.raises(ConfigSyntaxError, match="line 2, column 1") as caught:
        settings_of("REMOTE_SETTING:\n\tport: 22\n")
    assert "2 | \tport: 22" in str(caught.value)


def test_a_syntax_error_at_the_end_of_the_file_is_no_error_of_ours(settings_of: Reader) -> None:
    with pytest.raises(ConfigSyntaxError, match="line 2"):
        settings_of('DL_FRAMEWORK: "torch\n')


def test_a_character_that_yaml_forbids_is_shown_on_its_line(settings_of: Reader) -> None:
    with pytest.raises(ConfigSyntaxError, match="line 3") as caught:
        settings_of("DL_FRAMEWORK: torch\nSEND_LOG_FILE: False\nDATA_ROOT: da\x07ta\n")
    assert "3 | DATA_ROOT" in str(caught.value)


def test_a_file_that_is_not_utf_8_names_the_line(settings_of: Reader) -> None:
    with pytest.raises(ConfigSyntaxError, match=r"not UTF-8.*line 2"):
        settings_of("DL_FRAMEWORK: torch\nDATA_ROOT: dätä\n".encode("latin-1"))


@pytest.mark.parametrize(("text", "kind"), [("- torch\n- csv\n", "list"), ("torch\n", "str"), ("3\n", "int")])
def test_a_file_without_keys_says_what_came_in_their_place(settings_of: Reader, text: str, kind: str) -> None:
    with pytest.raises(ConfigSyntaxError, match=f"got a {kind}"):
        settings_of(text)


def test_a_yaml_file_runs_no_code(settings_of: Reader, tmp_path: Path) -> None:
    with pytest.raises(ConfigSyntaxError):
        settings_of(f"DATA_ROOT: !!python/object/apply:os.mkdir ['{tmp_path}/made']\n")
    assert not (tmp_path / "made").exists()


def test_configure_raises_the_same_error_and_changes_nothing(tmp_path: Path) -> None:
    exp_manager.configure("before", {}, data_root=tmp_path, code_root=tmp_path)
    with pytest.raises(ConfigError) as caught:
        exp_manager.configure("after", tmp_path / "nowhere.yaml", data_root=tmp_path / "other")
    assert isinstance(caught.value, RLAError)
    assert exp_manager.task_table_name == "before"
    assert exp_manager.data_root == str(tmp_path)
