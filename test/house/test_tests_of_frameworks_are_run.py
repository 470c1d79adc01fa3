"""`make test` skips what needs TensorFlow or JAX; `make frameworks` runs all of it."""

from __future__ import annotations

import re
from pathlib import Path

REPOSITORY = Path(__file__).resolve().parents[2]
NEEDS_THEM = re.compile(r"importorskip\(\s*\"(tensorflow|jax|flax|optax)\b|find_spec\(package\)")


def test_each_file_that_needs_them_is_run_by_make_frameworks() -> None:
    makefile = (REPOSITORY / "Makefile").read_text(encoding="utf-8")
    listed = re.search(r"^FRAMEWORKS_TESTS := ((?:.*\\\n)*.*)$", makefile, flags=re.M)
    assert listed
    needing = [
        path.relative_to(REPOSITORY).as_posix()
        for path in sorted((REPOSITORY / "test").rglob("test_*.py"))
        if path != Path(__file__) and NEEDS_THEM.search(path.read_text(encoding="utf-8"))
    ]
    assert listed[1].replace("\\\n", " ").split() == needing
    assert len(needing) > 5
