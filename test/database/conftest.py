"""Fixtures for the tests of the database: experiments as other tools left them, and fingerprints of folders."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import pytest

from rla.config import Settings, load_settings


@pytest.fixture
def settings_of(tmp_path: Path) -> Callable[[str | bytes], Settings]:
    """Read the settings that a configuration file of this text says."""

    def read(text: str | bytes) -> Settings:
        path = tmp_path / "rla_config.yaml"
        path.write_bytes(text.encode() if isinstance(text, str) else text)
        return load_settings(path)

    return read


@pytest.fixture
def found_experiment(data_root: Path) -> Callable[..., Path]:
    """Make the folder of an experiment as another tool left it: ``found_experiment("2022/03/01/21-10-11-000001_a_&")``.

    ``parameters`` become its parameter.json, ``card`` its run card.
    """

    def make(
        dated_name: str,
        tree: str = "log",
        task: str = "demo_task",
        parameters: Mapping[str, Any] | None = None,
        card: Mapping[str, Any] | None = None,
    ) -> Path:
        folder = data_root / tree / task / dated_name
        folder.mkdir(parents=True)
        if parameters is not None:
            (folder / "parameter.json").write_text(json.dumps(parameters))
        if card is not None:
            (folder / "experiment.json").write_text(json.dumps(card))
        return folder

    return make


@pytest.fixture
def fingerprint() -> Callable[[Path], dict[str, str]]:
    """Return a hash and the time of change for each file and folder below a folder."""

    def take(root: Path) -> dict[str, str]:
        taken = {}
        for path in sorted(root.rglob("*")):
            content = path.read_bytes() if path.is_file() else b""
            taken[str(path)] = f"{hashlib.sha256(content).hexdigest()} {path.stat().st_mtime_ns}"
        return taken

    return take
