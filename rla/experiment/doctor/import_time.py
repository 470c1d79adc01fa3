"""How long `import rla` takes in this environment, and what takes the time."""

from __future__ import annotations

import statistics
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Iterator
from importlib.util import cache_from_source
from pathlib import Path
from typing import Final

from rla.experiment.doctor.check import NOTE, OK, WARNING, Check
from rla.experiment.doctor.subject import Subject

__all__ = ["check_import_time", "slowest_packages"]

ROUNDS: Final = 3
SLOW_SECONDS: Final = 0.2
"""From so long on, over the bare interpreter, it is worth a note."""

ENOUGH_SECONDS: Final = 1.0
"""What takes so long is measured once."""

LONGEST_SECONDS: Final = 6.0

_IMPORT: Final = "import sys; sys.path.append(sys.argv[1]); import rla"
_PACKAGES: Final = 3
_MICROSECONDS: Final = 1e-6


def check_import_time(subject: Subject) -> Iterator[Check]:
    """Compare `import rla` in fresh interpreters with interpreters that import nothing."""
    try:
        bare = _median_seconds("pass")
        whole = _median_seconds(_IMPORT)
    except subprocess.TimeoutExpired:
        advice = "is Python on a network file system? A local environment starts faster"
        yield Check("import time", WARNING, f"`import rla` took more than {LONGEST_SECONDS:.0f} s", advice)
        return
    over = whole - bare
    reports = [_run("-X", "importtime", "-c", program).stderr for program in (_IMPORT, "pass")]
    packages = slowest_packages(*reports)
    facts = {"bare_seconds": bare, "import_seconds": whole, "ratio": whole / bare, "slowest": packages}
    found = f"`import rla` takes {over * 1000:.0f} ms over a bare Python ({whole / bare:.1f} times as long)"
    if over <= SLOW_SECONDS:
        yield Check("import time", OK, found, facts=facts)
        return
    listed = ", ".join(f"{name} {seconds * 1000:.0f} ms" for name, seconds in packages.items())
    advice = "a slow disk, a network file system or another load can be the reason; `python -X importtime` tells more"
    if not Path(cache_from_source(__file__)).exists():
        advice = (
            "Python keeps no compiled files of rla, and so compiles it at each start: PYTHONDONTWRITEBYTECODE is set, "
            "or its folder cannot be written"
        )
    yield Check("import time", NOTE, f"{found}; most of it: {listed}", advice, facts)


def _median_seconds(program: str) -> float:
    """Return how long a fresh interpreter takes for a program, as the median of three."""
    times: list[float] = []
    while len(times) < ROUNDS and sum(times) < ENOUGH_SECONDS:
        started = time.perf_counter()
        _run("-c", program).check_returncode()
        times.append(time.perf_counter() - started)
    return statistics.median(times)


def _run(*arguments: str) -> subprocess.CompletedProcess[str]:
    here = Path(__file__).resolve().parents[3]  # last on the path, for an rla that is not installed
    return subprocess.run(
        [sys.executable, *arguments, str(here)],
        capture_output=True,
        text=True,
        errors="replace",
        stdin=subprocess.DEVNULL,
        timeout=LONGEST_SECONDS,
        cwd=Path.cwd().anchor,  # a folder called rla beside the user shall not be measured
        check=False,
    )


def slowest_packages(report: str, bare_report: str) -> dict[str, float]:
    """Return the three packages that take longest to import, with their own seconds.

    Args:
        report: what ``python -X importtime`` writes: ``import time: <own µs> | <cumulated µs> | <module>``.
        bare_report: the same of an interpreter that imports nothing; its modules don't count.
    """
    bare = {name for name, _ in _modules(bare_report)}
    own: Counter[str] = Counter()
    for name, microseconds in _modules(report):
        if name not in bare:
            own[name.partition(".")[0]] += microseconds
    return {name: microseconds * _MICROSECONDS for name, microseconds in own.most_common(_PACKAGES)}


def _modules(report: str) -> Iterator[tuple[str, int]]:
    for line in report.splitlines():
        fields = line.removeprefix("import time:").split("|")
        if line.startswith("import time:") and len(fields) == 3 and fields[0].strip().isdigit():
            yield fields[2].strip(), int(fields[0])
