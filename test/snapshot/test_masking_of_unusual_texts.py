"""Secrets are masked where no parser gets through, in comments, and in the rare forms of each format."""

from __future__ import annotations

import configparser

import pytest
import yaml

from rla.snapshot.masking import mask_secrets


def masked(text: str, name: str = "a.yaml") -> str:
    result = mask_secrets(text, name).text
    assert "hunter2" not in result
    assert result.count("\n") == text.count("\n")
    return result


@pytest.mark.parametrize(
    "line",
    [
        "password: hunter2",
        "password: 'hunter2'",
        'api-key: "hunter2"',
        "  token: hunter2 # no comment",
        "- secret: hunter2",
        '"password": "hunter2",',
        "password: |\n  hunter2\n  hunter2",
        "private_key:\n    -----BEGIN\n    hunter2",
        "token:\n  - hunter2\n  - hunter2",
    ],
)
def test_a_template_is_masked_line_by_line(line: str) -> None:
    text = f"{{% if lr %}}\nlr: {{{{ lr }}}}\n{line}\nenv_id: a\n{{% endif %}}\n"
    with pytest.raises(yaml.YAMLError):
        yaml.safe_load(text)
    after = masked(text)
    assert after.startswith("{% if lr %}\nlr: {{ lr }}\n")
    assert after.endswith("\nenv_id: a\n{% endif %}\n")


def test_a_template_with_a_mapping_in_one_line_is_masked() -> None:
    masked("{% if a %}\nftp: {user: a, password: hunter2}\n{% endif %}\n")


def test_a_template_with_a_list_at_the_same_depth_is_masked() -> None:
    masked("{% if a %}\ntoken:\n- hunter2\n- hunter2\n{% endif %}\n")


@pytest.mark.parametrize("name", ["a.yaml", "a.toml", "a.ini", ".env"])
@pytest.mark.parametrize("comment", ["# password: hunter2", "#password = hunter2", "  ## api_key: 'hunter2'"])
def test_a_comment_is_masked(name: str, comment: str) -> None:
    assert masked(f"{comment}\n", name).startswith(comment.partition("hunter2")[0].rstrip("' "))


@pytest.mark.parametrize("name", ["a.yaml", "a.toml"])
def test_a_comment_behind_a_value_is_masked(name: str) -> None:
    masked(f"lr{':' if name == 'a.yaml' else ' ='} 1  # token: hunter2\n", name)


def test_json_that_is_cut_is_masked() -> None:
    masked('{"a": {"password": "hunter2", "token": ["hunter2", "hunt', "a.json")


def test_json_with_comments_is_masked() -> None:
    masked('{\n  // "password": "hunter2",\n  "token": "hunter2", // a\n}', "a.json")


@pytest.mark.parametrize(
    ("text", "after"),
    [
        ("? password\n: hunter2\n", {"password": "***"}),
        ("{password: hunter2, lr: 1}\n", {"password": "***", "lr": 1}),
        ("- password: hunter2\n- {token: [hunter2, 3]}\n", [{"password": "***"}, {"token": ["***", 3]}]),
        ("base: &b {token: hunter2}\nnet:\n  <<: *b\n", {"base": {"token": "***"}, "net": {"token": "***"}}),
        ("password: >-\n  hunter2\n  b\nlr: 1\n", {"password": "*** ***", "lr": 1}),
        ("token: hunter2\n  and more\nlr: 1\n", {"token": "*** ***", "lr": 1}),
    ],
)
def test_the_rare_forms_of_yaml(text: str, after: object) -> None:
    yaml.safe_load(text)
    assert yaml.safe_load(masked(text)) == after


def test_each_document_of_a_yaml_file_is_masked() -> None:
    assert list(yaml.safe_load_all(masked("token: hunter2\n---\ntoken: hunter2\n"))) == [{"token": "***"}] * 2


@pytest.mark.parametrize("value", ["'''hunter2'", "''''", "'''hunter2'' and'"])
def test_a_secret_that_begins_with_an_apostrophe_leaves_yaml(value: str) -> None:
    assert set(yaml.safe_load(masked(f"password: {value}\nlr: 1\n"))) == {"password", "lr"}


@pytest.mark.parametrize(
    "value",
    [
        "&a hunter2",
        "!!str hunter2",
        *(
            pytest.param(
                value,
            )
            for value in ("&a 'hunter2'", '!!str "hunter2"')
        ),
    ],
)
def test_a_secret_with_an_anchor_or_a_tag_leaves_yaml(value: str) -> None:
    after = yaml.safe_load(masked(f"password: {value}\nlr: 1\n"))
    assert after == {"password": "***", "lr": 1}


def test_an_anchor_that_is_used_elsewhere_stays() -> None:
    assert yaml.safe_load(masked("password: &a hunter2\nb: *a\n")) == {"password": "***", "b": "***"}
    assert yaml.safe_load(masked("b: &a hunter2\npassword: *a\n")) == {"password": "***", "b": "***"}


@pytest.mark.parametrize("tag", ["!env", "!vault", "!!binary", "!!python/str"])
def test_a_text_with_a_tag_of_its_own_is_masked(tag: str) -> None:
    masked(f"password: {tag} hunter2\nlr: 1\n")


@pytest.mark.parametrize("text", ["api_key: {openai: hunter2}\n", "secret:\n  value: hunter2\n"])
def test_texts_of_a_mapping_behind_a_secret_key_are_masked(text: str) -> None:
    masked(text)


def test_an_apostrophe_in_an_ini_file_opens_nothing() -> None:
    text = "[a]\npassword = 'hunter2\nlr = 1\n[b]\nname = it's\n"
    parser = configparser.RawConfigParser()
    parser.read_string(masked(text, "a.ini"))
    assert parser["a"]["lr"] == "1"
    assert parser["b"]["name"] == "it's"


def test_a_text_over_lines_with_quotes_inside_is_masked_in_an_env_file() -> None:
    masked('PRIVATE_KEY="a \\"b\\"\nhunter2\n"\n', ".env")


def test_a_deeper_line_of_an_env_file_is_a_variable_of_its_own() -> None:
    after = masked("password=hunter2\n  token='a\nhunter2'\n", ".env")
    assert "  token=" in after


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("a.toml", '[token]\na = "hunter2"\n[other]\nname = "kept"\n'),
        ("a.toml", 'password.main = "hunter2"\nname = "kept"\n'),
        ("a.toml", '[wandb.api_key] # mine\nopenai = "hunter2"\n[[other]]\nname = "kept"\n'),
        ("a.ini", "[token]\nopenai = hunter2\n[other]\nname = kept\n"),
    ],
)
def test_a_section_that_is_named_by_a_secret_key_is_masked(name: str, text: str) -> None:
    masked = mask_secrets(text, name).text
    assert "hunter2" not in masked
    assert "kept" in masked
    assert "[other" in masked or "[" not in text


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("a.ini", "# token\nx=" + "a" * 300_000),
        (".env", "PASSWORD=x\nCERTIFICATE=" + "QUJD" * 200_000),
        ("a.yaml", "token: x\nimage: " + "QUJD" * 100_000),
        ("a.json", '{"token": "x", "text": "' + '\\\\\\"' * 100_000),
        ("a.json", '{"token": "x", "text": ' + "\\\\" * 100_000),
        ("a.toml", 'token = "x"\n' + '"""' * 50_001),
    ],
)
def test_long_words_and_texts_without_an_end_take_no_time(name: str, text: str) -> None:
    masked = mask_secrets(text, name).text
    assert masked == text if name == "a.ini" else "***" in masked
