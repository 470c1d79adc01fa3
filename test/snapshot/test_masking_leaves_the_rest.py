"""What holds no secret is not changed by a single byte, and code is never touched."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from rla.snapshot.masking import is_masked_file, mask_secrets
from rla.snapshot.take import Snapshot

Keep = Callable[..., tuple[Snapshot, Path]]
Project = Callable[..., Path]
TEXTS = {
    ".json": '{"password": "hunter2"}',
    ".yaml": "password: hunter2\n",
    ".yml": "password: hunter2\n",
    ".toml": 'password = "hunter2"\n',
}


@pytest.mark.parametrize(
    "text",
    [
        "",
        "\n",
        'pad_token: "<pad>"\neos_token: </s>\ntokenizer: bert\n',
        "token: 5\npassword: true\nsecret: null\napi_key: ~\ntoken: 1.5\npasswd:\n",
        "max_tokens: 100\nsecret_sauce: a\n# the password is kept elsewhere\n",
        "{% if token %}\nlr: {{ lr }}\n{% endif %}\n",
    ],
)
def test_a_text_without_secrets_is_the_same(text: str) -> None:
    assert mask_secrets(text, "a.yaml") == (text, [])


@pytest.mark.parametrize("name", ["a.py", "deep/password.py", "a.sh", "a.md", "a.txt", "Makefile", "env.py"])
def test_other_files_are_not_looked_into(project: Project, keep: Keep, name: str) -> None:
    text = "password: hunter2\npassword = 'hunter2'\n"
    snapshot, code = keep(project({name: text}))
    assert (code / name).read_text() == text
    assert snapshot.manifest.masked == {}


@pytest.mark.parametrize(
    "name",
    [
        pytest.param(".env.py"),
        "a.env.py",
    ],
)
def test_code_that_is_named_like_variables_of_the_environment_is_not_looked_into(name: str) -> None:
    assert not is_masked_file(name)


@pytest.mark.parametrize(
    "name", ["a.yaml", "a.YML", "b/c.json", "a.toml", "a.ini", "setup.cfg", ".env", "x/.env.local", "prod.env"]
)
def test_configurations_are_looked_into(project: Project, keep: Keep, name: str) -> None:
    text = next((text for suffix, text in TEXTS.items() if name.lower().endswith(suffix)), "password=hunter2\n")
    snapshot, code = keep(project({name: text}))
    assert "hunter2" not in (code / name).read_text()
    assert snapshot.manifest.masked == {name: ["password (line 1)"]}


@pytest.mark.parametrize(
    ("content", "kept"),
    [
        (b"lr: 1\r\npassword: hunter2\r\nenv: a\r\n", b'lr: 1\r\npassword: "***"\r\nenv: a\r\n'),
        (b"\xef\xbb\xbfpassword: hunter2\nlr: 1\n", b'\xef\xbb\xbfpassword: "***"\nlr: 1\n'),
        (b"name: \xe4\xff\npassword: hunter2\nlr: 1\n", b'name: \xe4\xff\npassword: "***"\nlr: 1\n'),
        (b"name: \xe4\xff\r\n\r\nlr: 1", b"name: \xe4\xff\r\n\r\nlr: 1"),
    ],
)
def test_line_ends_marks_and_bytes_that_are_no_text_survive(
    project: Project, keep: Keep, content: bytes, kept: bytes
) -> None:
    _, code = keep(project({"a.yaml": content}))
    assert (code / "a.yaml").read_bytes() == kept


def test_the_file_of_the_user_keeps_its_secret(project: Project, keep: Keep) -> None:
    root = project({"a.yaml": "password: hunter2\n"})
    keep(root)
    assert (root / "a.yaml").read_text() == "password: hunter2\n"


def test_no_body_of_the_store_holds_the_secret(project: Project, keep: Keep, data_root: Path) -> None:
    keep(project({"a.yaml": f"password: hunter2\n{'a: 1' * 100}\n", "b.env": "HF_TOKEN=hunter2\n" * 9}))
    contents = [path.read_bytes() for path in data_root.rglob("*") if path.is_file()]
    assert len(contents) > 3
    assert not any(b"hunter2" in content for content in contents)


def test_the_numbers_of_the_lines_are_told(project: Project, keep: Keep) -> None:
    text = "lr: 1\nremote:\n  API-Key: hunter2\n  token:\n  - hunter2\n  - hunter3\n"
    assert mask_secrets(text, "a.yaml").keys == ["API-Key (line 3)", "token (line 5)", "token (line 6)"]


def test_a_configuration_that_cannot_be_looked_into_is_left_out(project: Project, keep: Keep) -> None:
    root = project({"a.py": ""})
    (root / "a.yaml").write_bytes("password: hunter2".encode("utf-16"))
    snapshot, code = keep(root)
    assert "cannot be looked into" in snapshot.manifest.left_out["a.yaml"]
    assert not (code / "a.yaml").exists()


@pytest.mark.parametrize("name", ["a.yaml.bak", "a.yaml.example", "a.json~", ".env.orig"])
def test_copies_of_a_configuration_are_masked(project: Project, keep: Keep, name: str) -> None:
    text = (
        '{"password": "hunter2"}' if "json" in name else "password: hunter2\n" if "yaml" in name else "PASSWORD=hunter2"
    )
    _, code = keep(project({name: text}))
    assert "***" in (code / name).read_text()


def test_a_link_by_another_name_does_not_show_the_secrets_of_a_configuration(project: Project, keep: Keep) -> None:
    root = project({"a.yaml": "password: hunter2\n"})
    (root / "settings").symlink_to("a.yaml")
    _, code = keep(root, names=["settings"])
    assert "hunter2" not in (code / "settings").read_text()
