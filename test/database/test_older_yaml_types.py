"""Parameter files of older tools, in which `yaml.dump` marked the types of Python, are read as plain values."""

from __future__ import annotations

from pathlib import Path

from rla.database.parameters import read_parameters


def test_tuples_and_texts_of_python_are_plain_values(tmp_path: Path) -> None:
    (tmp_path / "parameter.yaml").write_text(
        "layers: !!python/tuple [64, 64]\nname: !!python/unicode 'sac'\nlr: 0.1\n", encoding="utf-8"
    )
    assert read_parameters(tmp_path) == {"layers": (64, 64), "name": "sac", "lr": 0.1}
