"""Wherever secrets stand in a configuration, masking takes all of them and leaves the rest as it was."""

from __future__ import annotations

import configparser
import io
import json
import re
from typing import Any

import yaml
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from rla.names import MASK, SECRET_KEYS
from rla.snapshot.masking import mask_secrets

try:
    import tomllib
except ImportError:  # Python 3.10
    import tomli as tomllib  # type: ignore[no-redef]

MARK = "hunter2"
relaxed = settings(max_examples=120, deadline=None, suppress_health_check=list(HealthCheck))


def spellings(key: str) -> list[str]:
    return [key, key.upper(), key.title(), key.replace("_", "-"), key.replace("_", "-").title()]


secret_keys = st.sampled_from([*SECRET_KEYS, "username", "ftp_server"]).flatmap(lambda k: st.sampled_from(spellings(k)))
plain_keys = st.sampled_from(["lr", "env_id", "pad_token", "tokens", "secretary", "max_tokens", "hidden-sizes", "名"])
characters = st.characters(codec="utf-8", exclude_categories=("Cc", "Cs", "Zl", "Zp"), exclude_characters="\ufeff")
texts = st.text(characters, max_size=8)
one_line = st.builds(lambda before, after: f"{before}{MARK}{after}", texts, texts)
words = st.sampled_from(["", "'", '"', "#", "a: b", "- a", "{", "[", "*a", "&a", "!", "%", "@", "|", ">", "\\", "x #"])
awkward = st.builds(lambda before, after: f"{before}{MARK}{after}", words, words)
several_lines = st.lists(one_line | st.just(""), min_size=2, max_size=4).map("\n".join).filter(lambda t: MARK in t)
secrets = (one_line | awkward | several_lines).filter(lambda text: not text.startswith("'"))
"""Those that begin with an apostrophe have tests of their own."""

plain = st.none() | st.booleans() | st.integers() | texts | st.sampled_from(["<pad>", "", "~", "1e3", "a\nb"])
not_text = st.none() | st.booleans() | st.integers() | st.floats(-1e9, 1e9)
behind_secret_keys = secrets | not_text | st.lists(secrets, max_size=3)


def mappings(children: st.SearchStrategy[Any]) -> st.SearchStrategy[dict[str, Any]]:
    return st.builds(
        lambda first, second: {**first, **second},
        st.dictionaries(plain_keys, children, max_size=3),
        st.dictionaries(secret_keys, behind_secret_keys, max_size=2),
    )


trees = mappings(st.recursive(plain, lambda inner: mappings(inner) | st.lists(inner, max_size=3), max_leaves=8))


def is_secret(key: str) -> bool:
    return key.lower().replace("-", "_") in (*SECRET_KEYS, "username", "ftp_server")


def without_secrets(value: Any, secret: bool = False) -> Any:
    """Put one word in the place of each secret."""
    if isinstance(value, dict):
        return {key: without_secrets(inner, is_secret(key)) for key, inner in value.items()}
    if isinstance(value, list):
        return [without_secrets(inner, secret) for inner in value]
    return "(a secret)" if secret and isinstance(value, str) else value


def with_masks_as_secrets(value: Any, secret: bool = False) -> Any:
    """Put the same word in the place of each mask, and of that alone."""
    if isinstance(value, dict):
        return {key: with_masks_as_secrets(inner, is_secret(key)) for key, inner in value.items()}
    if isinstance(value, list):
        return [with_masks_as_secrets(inner, secret) for inner in value]
    if secret and isinstance(value, str):
        return "(a secret)" if MASK in value and not re.sub(r"\*\*\*|\s", "", value) else value
    return value


def masked(text: str, name: str) -> str:
    result = mask_secrets(text, name).text
    assert MARK not in result
    assert result.count("\n") == text.count("\n")
    return result


@relaxed
@given(
    tree=trees,
    flow=st.sampled_from([None, True, False]),
    style=st.sampled_from([None, '"', "'", "|", ">"]),
    is_unicode=st.booleans(),
    width=st.sampled_from([8, 20, 80, 10_000]),
    indent=st.sampled_from([2, 4, 8]),
    is_commented=st.booleans(),
)
def test_yaml(
    tree: dict[str, Any],
    flow: bool | None,
    style: str | None,
    is_unicode: bool,
    width: int,
    indent: int,
    is_commented: bool,
) -> None:
    options = {"default_flow_style": flow, "default_style": style, "allow_unicode": is_unicode, "width": width}
    text = yaml.safe_dump(tree, indent=indent, sort_keys=False, **options)
    if is_commented:
        text = f"# what we learned: lr\n{text}# password: {MARK}\n"
    read = yaml.safe_load(text)  # PyYAML folds a few texts in such a way that it reads others
    assert with_masks_as_secrets(yaml.safe_load(masked(text, "a.yaml"))) == without_secrets(read)


@relaxed
@given(
    tree=trees,
    indent=st.sampled_from([None, 2, "\t"]),
    is_ascii=st.booleans(),
    separators=st.sampled_from([None, (",", ":"), (" , ", " : ")]),
)
def test_json(tree: dict[str, Any], indent: int | str | None, is_ascii: bool, separators: Any) -> None:
    text = json.dumps(tree, indent=indent, ensure_ascii=is_ascii, separators=separators)
    assert with_masks_as_secrets(json.loads(masked(text, "a.json"))) == without_secrets(tree)


def toml_value(value: Any, is_literal: bool) -> str:
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, list):
        return f"[{', '.join(toml_value(inner, is_literal) for inner in value)},\n]" if value else "[]"
    if isinstance(value, dict):
        return f"{{{', '.join(f'{toml_key(k)} = {toml_value(v, is_literal)}' for k, v in value.items())}}}"
    if isinstance(value, str) and is_literal and "'" not in value and not value.startswith("\n"):
        return f"'''{value}'''" if "\n" in value else f"'{value}'"
    if isinstance(value, str) and "\n" in value:
        return '"""\n' + value.replace("\\", "\\\\").replace('"', '\\"') + '"""'
    return json.dumps(value, ensure_ascii=False).replace("\x7f", "\\u007f")


def toml_key(key: str) -> str:
    return key if re.fullmatch("[A-Za-z0-9_-]+", key) else json.dumps(key, ensure_ascii=False)


def toml(tree: dict[str, Any], is_literal: bool, above: str = "") -> str:
    lines = [f"{toml_key(k)} = {toml_value(v, is_literal)}\n" for k, v in tree.items() if not isinstance(v, dict)]
    for key, inner in tree.items():
        if isinstance(inner, dict):
            lines += [f"\n[{above}{toml_key(key)}]  # a table\n", toml(inner, is_literal, f"{above}{toml_key(key)}.")]
    return "".join(lines)


def without_none(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: without_none(inner) for key, inner in value.items() if inner is not None}
    return [without_none(inner) for inner in value if inner is not None] if isinstance(value, list) else value


@relaxed
@given(tree=trees.map(without_none), is_literal=st.booleans())
def test_toml(tree: dict[str, Any], is_literal: bool) -> None:
    text = f"# token = '{MARK}'\n{toml(tree, is_literal)}"
    assert tomllib.loads(text) == tree
    assert with_masks_as_secrets(tomllib.loads(masked(text, "a.toml"))) == without_secrets(tree)


ini_secrets = st.text("abcäß=:%$!?*/\\", max_size=6).map(lambda t: f"{t.strip()}{MARK}") | st.just(
    f"a\n{MARK}\n\nb {MARK}"
)


@relaxed
@given(
    sections=st.dictionaries(
        st.sampled_from(["net", "remote", "secrets"]),
        st.builds(
            lambda first, second: {**first, **second},
            st.dictionaries(st.sampled_from(["lr", "pad_token", "env"]), st.sampled_from(["1", "a b", "", "x\ny"])),
            st.dictionaries(secret_keys, ini_secrets | st.sampled_from(["22", "true", "1.5", ""]), max_size=2),
        ),
        max_size=3,
    ),
    is_spaced=st.booleans(),
)
def test_ini(sections: dict[str, dict[str, str]], is_spaced: bool) -> None:
    text = as_ini(sections, is_spaced)
    after = from_ini(masked(text, "a.ini"))
    for name, section in from_ini(text).items():
        for key, value in section.items():
            if is_secret(key) and MARK in value:
                assert re.fullmatch(r"(\*\*\*|\s)+", after[name][key])
            else:
                assert after[name][key] == value


def as_ini(sections: dict[str, dict[str, str]], is_spaced: bool) -> str:
    parser = configparser.RawConfigParser(strict=False)
    parser.read_dict(sections)
    stream = io.StringIO()
    parser.write(stream, is_spaced)
    return f"; password = {MARK}\n{stream.getvalue()}"


def from_ini(text: str) -> dict[str, dict[str, str]]:
    parser = configparser.RawConfigParser(strict=False)
    parser.read_string(text)
    return {name: dict(parser[name]) for name in parser.sections()}


@relaxed
@given(
    st.lists(
        st.tuples(
            st.sampled_from(["", "export "]),
            st.sampled_from(["", "WANDB_", "AWS_SECRET_", "my_"]),
            st.sampled_from([spelling for key in SECRET_KEYS for spelling in (key, key.upper())]),
            st.sampled_from(["{}", '"{}"', "'{}'", '"a\n{}\nb"', "'{}\n=a'"]),
        ),
        max_size=4,
    )
)
def test_variables_of_the_environment(lines: list[tuple[str, str, str, str]]) -> None:
    written = [f"{export}{owner}{key}={quoted.format(MARK)}\n" for export, owner, key, quoted in lines]
    after = masked("".join(["LR=1\n", *written, "# TOKEN=" + MARK + "\nENV_ID='a b'\n"]), "deploy/.env.local")
    assert after.startswith("LR=1\n")
    assert after.endswith("ENV_ID='a b'\n")
    for _, owner, key, _ in lines:
        assert f"{owner}{key}=" in after
