"""An index name can be a folder on any file system and a word in any shell, and is read in both formats."""

from __future__ import annotations

import glob
import os
from pathlib import Path

import pytest

from rla.database.index_name import format_index_name, parse_index_name
from rla.names import LONGEST_NAME

TIME, NODE = "13-05-01-123456", "10.0.0.5"


def name_of(**tracked: object) -> str:
    return format_index_name(TIME, NODE, tracked)


def test_it_shows_time_node_and_parameters_in_their_order() -> None:
    assert name_of(env_id="CartPole-v1", lr=0.001) == f"{TIME}_{NODE}_&env_id=CartPole-v1&lr=0.001"


def test_without_parameters_it_ends_in_an_underscore_and_an_ampersand() -> None:
    assert name_of() == f"{TIME}_{NODE}_&"


def test_brackets_become_braces_and_slashes_underscores() -> None:
    assert name_of(layers=[64, 64], path="a/b").endswith("_&layers={64, 64}&path=a_b")


HOSTILE = [
    "../../../etc/passwd",
    "a/b\\c",
    "two\nlines\r\n",
    "nul\0inside",
    "lone \ud800 surrogate",
    "*?[x]{y}",
    "$HOME `id` ;rm 'a' \"b\" <c> |d",
    "x" * 300,
    "ö" * 300,
    "🚀" * 300,
    "tab\tand\x7fdelete\u2028\x85",
    "",
    " ",
    ".",
    "..",
    "a&b=c",
]


@pytest.mark.parametrize("value", HOSTILE)
def test_any_value_gives_one_short_path_component_without_special_characters(value: str) -> None:
    name = name_of(value=value, after=1)
    encoded = name.encode()
    assert len(encoded) <= LONGEST_NAME == 200
    assert not set(name) & set("/\\*?[]\"'<>|:;`$\0\n\r\t\x7f\u2028\x85")
    assert name[-1] not in ". "
    assert glob.escape(name) == name


@pytest.mark.parametrize("value", HOSTILE)
def test_any_value_gives_a_folder_that_can_be_made_and_is_read_back(value: str, tmp_path: Path) -> None:
    name = name_of(value=value)
    (tmp_path / name).mkdir()
    (found,) = os.listdir(tmp_path)
    index = parse_index_name(found)
    assert index is not None
    assert (index.time, index.node) == (TIME, NODE)
    assert list(index.parameters) == ["value"]


@pytest.mark.parametrize("key", HOSTILE)
def test_any_key_gives_one_short_path_component(key: str) -> None:
    name = format_index_name(TIME, NODE, {key: 1})
    assert len(name.encode()) <= LONGEST_NAME
    assert "/" not in name
    assert parse_index_name(name) is not None


def test_long_values_that_differ_only_at_their_end_give_different_names() -> None:
    assert name_of(value="x" * 300 + "1") != name_of(value="x" * 300 + "2")


def test_a_long_name_is_always_shortened_to_the_same_one() -> None:
    assert name_of(value="x" * 300) == name_of(value="x" * 300)


def test_the_same_text_in_another_unicode_form_gives_the_same_name() -> None:
    assert name_of(value="e\u0301") == name_of(value="\u00e9")


@pytest.mark.parametrize(
    ("name", "node", "parameters"),
    [
        ("13-05-01-123456_10.0.0.5_&env_id=A&lr=0.1", "10.0.0.5", {"env_id": "A", "lr": "0.1"}),
        ("13-05-01-123456 10.0.0.5 &env_id=A&lr=0.1", "10.0.0.5", {"env_id": "A", "lr": "0.1"}),
        ("13-05-01-123456_noip_&", "noip", {}),
        ("13-05-01-123456 noip &", "noip", {}),
        ("13-05-01-123456 noip ", "noip", {}),
        ("13-05-01-123456_10.0.0.5_", "10.0.0.5", {}),
        ("13-05-01-123456_10.0.0.5_&name=a_b c&x=1", "10.0.0.5", {"name": "a_b c", "x": "1"}),
        ("13-05-01-123456 10.0.0.5 &note=a&b&x=1", "10.0.0.5", {"note": "a&b", "x": "1"}),
        ("13-05-01-123456_10.0.0.5_&eq=a=b", "10.0.0.5", {"eq": "a=b"}),
    ],
)
def test_both_formats_are_read(name: str, node: str, parameters: dict[str, str]) -> None:
    index = parse_index_name(name)
    assert index is not None
    assert (index.time, index.node, index.parameters) == (TIME, node, parameters)


@pytest.mark.parametrize(
    "name", ["", "tb", "13-05-01", "easy_plot", "13-05-01-123456", ".13-05-01-123456_a_&", "a_b_&"]
)
def test_what_is_no_index_name_is_not_taken_for_one(name: str) -> None:
    assert parse_index_name(name) is None
