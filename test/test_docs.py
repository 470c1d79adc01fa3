"""The pages in docs/ name every key, command, field and room, so that they cannot lie for long."""

from __future__ import annotations

import re
from dataclasses import fields
from pathlib import Path

import click
import pytest
import yaml
from click.testing import CliRunner

from rla.cli.main import COMMANDS, _group
from rla.config import KEYS
from rla.database.run_card import RunCard
from rla.output.registry import ALWAYS, OUTPUTS

REPOSITORY = Path(__file__).resolve().parent.parent
DOCS = REPOSITORY / "docs"


def test_the_configuration_page_has_every_key_with_its_help() -> None:
    page = (DOCS / "configuration.md").read_text(encoding="utf-8")
    for key in KEYS.values():
        row = next((line for line in page.splitlines() if line.startswith(f"| `{key.path}` |")), "")
        assert row.endswith(f"| {key.help} |"), key.path
        assert all(f"`{choice}`" in row for choice in key.choices), key.path
        if key.default not in (None, ()):
            defaults = key.default if isinstance(key.default, tuple) else (key.default,)
            assert all(f"`{default}`" in row for default in defaults), key.path
    assert set(re.findall(r"^\| `([A-Za-z][\w.]+)` \|", page, flags=re.M)) == set(KEYS)


def test_the_configuration_page_and_the_template_have_every_format() -> None:
    page = (DOCS / "configuration.md").read_text(encoding="utf-8")
    row = next(line for line in page.splitlines() if line.startswith("| `LOG_USED` |"))
    template = (REPOSITORY / "rla_config.yaml").read_text(encoding="utf-8")
    for name in OUTPUTS.keys() - ALWAYS:
        assert f"`{name}`" in row.split("|")[3]
        assert f"\n#   {name} " in template


@pytest.mark.parametrize("path", ["rla_config.yaml", "example/rla_config.yaml"])
def test_the_template_has_every_key_and_says_the_defaults(path: str) -> None:
    text = (REPOSITORY / path).read_text(encoding="utf-8")
    content = yaml.safe_load(text)
    for key in KEYS.values():
        section, _, name = key.path.rpartition(".")
        values = content.get(section, {}) if section else content
        if key.path == "DATA_ROOT":
            assert "# DATA_ROOT:" in text
            continue
        assert name in values, key.path
        value = values[name]
        assert (tuple(value) if isinstance(value, list) else value) == key.default, key.path


def test_both_templates_are_the_same() -> None:
    assert (REPOSITORY / "rla_config.yaml").read_bytes() == (REPOSITORY / "example" / "rla_config.yaml").read_bytes()


def test_the_formats_page_has_every_field_of_the_run_card() -> None:
    page = (DOCS / "formats.md").read_text(encoding="utf-8")
    for field in fields(RunCard):
        assert field.name == "extra" or f"`{field.name}`" in page, field.name


def test_the_development_page_has_every_room() -> None:
    page = (DOCS / "development.md").read_text(encoding="utf-8")
    for entry in (REPOSITORY / "rla").iterdir():
        if entry.is_dir() and not entry.name.startswith("_"):
            assert f"`{entry.name}/`" in page
        elif entry.suffix == ".py" and entry.name not in ("__init__.py", "logger.py"):
            assert f"`{entry.stem}`" in page


def commands() -> list[str]:
    """All commands, and those inside of others: ``trash list``."""
    names = []
    for name in sorted(COMMANDS):
        command = _group.get_command(click.Context(_group), name)
        inside = sorted(command.commands) if isinstance(command, click.Group) else []
        names += [name, *(f"{name} {each}" for each in inside)]
    return names


@pytest.mark.parametrize("command", ["", *commands()])
def test_the_command_line_page_shows_the_help_of_each_command(command: str) -> None:
    """To renew the page: print this help, and put it in the block under the command's heading."""
    page = (DOCS / "command_line.md").read_text(encoding="utf-8")
    shown = CliRunner().invoke(_group, [*command.split(), "--help"], prog_name="rla", terminal_width=80)
    assert shown.exit_code == 0
    assert f"```\n{shown.output.rstrip()}\n```" in page


@pytest.mark.parametrize("command", commands())
def test_the_help_of_each_command_has_examples(command: str) -> None:
    shown = CliRunner().invoke(_group, [*command.split(), "--help"], prog_name="rla")
    assert f"\n    rla {command}" in shown.output
