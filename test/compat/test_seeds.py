"""The snippets of the original's two READMEs run, taken from those files' own text, in the order in which they stand.

Paths, dates, trainers of the reader's own and TensorFlow 1 are supplied. What is changed in a snippet stands in
`CHANGES`, what is left out in `LEFT_OUT`, each with its reason.
"""

from __future__ import annotations

import os
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

import pytest

REPOSITORY = Path(__file__).resolve().parents[2]
SEEDS = REPOSITORY.parent / "shared" / "seeds"

pytestmark = pytest.mark.skipif(not SEEDS.is_dir(), reason=f"there is no {SEEDS}: it is not part of the repository")

RECORD_DATE = "'2023/10/03/10-44-05-111111'"


class Change(NamedTuple):
    """What a README says, what the test says instead, and why."""

    page: str
    old: str
    new: str
    reason: str


CHANGES = [
    Change(
        "rla_readme.md",
        RECORD_DATE,
        "FIRST_RUN",
        "nobody else has a run of that date: the first one of the test counts",
    ),
    Change(
        "rla_readme.md", "{'tag': 'aa'}", "{'tag': 'aa', 'snd_tensor': [0.0] * 800}", "add_audio needs the sound, too"
    ),
    Change("rla_early_readme.md", "./example/config.yaml", "./config.yaml", "the configuration lies beside the script"),
]

LEFT_OUT = {
    "git clone": "it installs the original; test_pip_install.py installs this package",
    "**/tmp_data/**": "lines for a .gitignore: no program",
    "SEND_LOG_FILE: True": "a part of a configuration: no program",
}
"""Text of a snippet that is no program, or that cannot run yet → why."""

TENSORFLOW = '''
"""What the snippets need of TensorFlow 1, which no Python of today has."""


class Summary:
    def SerializeToString(self):
        return b""
'''

SOUNDFILE = """
'''What tensorboardX needs to write sound, where the package is not installed.'''


def write(file, samples, samplerate, format):
    file.write(b"RIFF")
"""

CONFIGURATION = """
LOG_USED: [log, tensorboard, csv]
DL_FRAMEWORK: plain
SEND_LOG_FILE: True
REMOTE_SETTING: {file_transfer_protocol: local, remote_data_root: main_node}
"""

BEFORE = {
    "rla_readme.md": """
import sys
import matplotlib
matplotlib.use("agg")
from pathlib import Path

# the run of "your_project" that the first snippet draws
for seed in (0, 1):
    folder = Path(f"your_project/log/sac_test/2022/03/01/21-1{seed}-00-000001_10.0.0.1_&seed={seed}")
    folder.mkdir(parents=True)
    (folder / "parameter.json").write_text('{"info": "x", "van_sac": true, "alpha_max": 1}')
    rows = [f"{step * (seed + 1)},{step},1.0" for step in range(10)]
    (folder / "progress.csv").write_text("\\n".join(["perf/rewards,time-step,timestamp", *rows]) + "\\n")

# what is the reader's own
new_config = {"device": "cpu"}
done = []

class Trainer:
    def __call__(self, config):
        self.config = config

    def train(self):
        done.append(("trained", exp_manager.get_timestep()))

your_trainer = Trainer()

def your_config_merge_fn(load_config, new_config):
    return {**load_config, **new_config}

def your_checkpoint_loader(path):
    assert Path(path).is_file(), path

def your_replay_buffer_loader(path):
    done.append(("buffer", Path(path).name))
""",
    "rla_early_readme.md": "import matplotlib\nmatplotlib.use('agg')\n",
}

AFTER_STEP_1 = """
FIRST_RUN = exp_manager.record_date_to_str(exp_manager.record_date)
Path(exp_manager.tmp_data_dir, "replay_buffer.npz").touch()
continue_to_train = False
"""

CHECKS = {
    "rla_readme.md": """
from RLA import logger
from RLA.easy_plot.plot_func import show_plt
first = single_experiment_query(rla_data_root, task_table_name, FIRST_RUN, LOG).dirname
logger.flush()
rows = Path(first, "progress.csv").read_text().splitlines()
assert len(rows) == 1001, len(rows)
assert "time-step" in rows[0] and rows[-1].count(",") == 2
assert your_checkpoint_dir.endswith(exp_manager.checkpoint_dir[-40:-1])
assert last_ckp.startswith("checkpoint_")
assert your_config.env_id == "Hopper-v2"
assert list(Path(exp_manager.results_dir).glob("func*.png"))
assert your_trainer.config == {"env_id": "Hopper-v2", "lr": 0.001, "device": "cpu"}
assert done == [("buffer", "replay_buffer.npz"), ("trained", 999)], done

report = exp_manager.sync_log_file(wait=True)
assert report.complete and report.remote.endswith("/main_node"), report
assert len(list(Path("main_node").rglob("progress.csv"))) == 1

# "1: init a new experiment instance", then step 2 and the following ones once more
exp_manager.set_hyper_param(env_id="Hopper-v2", lr=5, device="cuda", info="goes on")
exp_manager.log_files_gen()
continue_to_train = True
exec(CONTINUE)
assert done[-1][0] == "trained" and start_steps == done[-1][1] > 900, (start_steps, done)
assert exp_manager.hyper_param == {"env_id": "Hopper-v2", "lr": 0.001, "device": "cuda", "info": "goes on"}
logger.flush()
assert len(Path(exp_manager.log_dir, "progress.csv").read_text().splitlines()) == 1001
""",
    "rla_early_readme.md": """
from pathlib import Path
assert tester.task_table_name == "demo_task"
assert "&info=description of the experiment&hp_a=1" in tester.log_dir
logger.flush()
assert "performance/reward" in Path(tester.log_dir, "progress.csv").read_text()
assert list(Path(tester.results_dir).glob("test_plot*.png"))
assert list(Path(tester.checkpoint_dir).iterdir())
assert Path(tester.pkl_file).is_file()
""",
}


def snippets(page: str) -> Iterator[str]:
    """Yield the fenced blocks of a page, without the indentation that they have as parts of a list."""
    text = (SEEDS / page).read_text(encoding="utf-8")
    for block in re.findall(r"^ *```\w*\n(.*?)^ *```", text, flags=re.M | re.S):
        lines = block.splitlines()
        margin = min(len(line) - len(line.lstrip()) for line in lines[:1])
        yield "\n".join(line[min(margin, len(line) - len(line.lstrip())) :] for line in lines) + "\n"


def programs(page: str) -> list[str]:
    """Return the snippets that run, with the changes."""
    found = [text for text in snippets(page) if not any(part in text for part in LEFT_OUT)]
    for change in CHANGES:
        if change.page == page:
            found = [text.replace(change.old, change.new) for text in found]
    return found


def run(folder: Path, page: str, parts: list[str]) -> None:
    """Run parts of a program in a process of its own, beside a configuration and a stand-in for TensorFlow 1."""
    (folder / "tensorflow.py").write_text(TENSORFLOW, encoding="utf-8")
    (folder / "soundfile.py").write_text(SOUNDFILE, encoding="utf-8")
    for name in ("rla_config.yaml", "config.yaml"):
        (folder / name).write_text(CONFIGURATION, encoding="utf-8")
    (folder / ".gitignore").write_text("*.pyc\n", encoding="utf-8")
    program = "\n".join([BEFORE[page], *parts, CHECKS[page]])
    (folder / "main.py").write_text(program, encoding="utf-8")
    done = subprocess.run(
        [sys.executable, "main.py"],
        cwd=folder,
        env={**os.environ, "PYTHONPATH": str(REPOSITORY), "MPLBACKEND": "agg"},
        capture_output=True,
        text=True,
        timeout=110,
        check=False,
    )
    assert done.returncode == 0, done.stdout[-2000:] + done.stderr


def test_the_snippets_of_the_readme_run(tmp_path: Path) -> None:
    parts = programs("rla_readme.md")
    first = next(position for position, text in enumerate(parts) if "exp_manager.log_files_gen()" in text)
    (going_on,) = (text for text in parts if "fork_log_file_fn" in text)
    run(tmp_path, "rla_readme.md", [*parts[: first + 1], AFTER_STEP_1, *parts[first + 1 :], f"CONTINUE = {going_on!r}"])


def test_the_snippets_of_the_early_readme_run(tmp_path: Path) -> None:
    run(tmp_path, "rla_early_readme.md", programs("rla_early_readme.md"))
    assert (tmp_path / "log" / "demo_task").is_dir()


@pytest.mark.parametrize("page", ["rla_readme.md", "rla_early_readme.md"])
def test_all_snippets_are_seen(page: str) -> None:
    fences = re.findall(r"^ *```(?!.*```)", (SEEDS / page).read_text(encoding="utf-8"), flags=re.M)
    assert len(list(snippets(page))) == len(fences) // 2
    assert len(programs(page)) == {"rla_readme.md": 10, "rla_early_readme.md": 6}[page]


def test_each_exception_is_about_something_that_is_there() -> None:
    texts = {page: "".join(snippets(page)) for page in ("rla_readme.md", "rla_early_readme.md")}
    assert [change for change in CHANGES if change.old not in texts[change.page]] == []
    assert [part for part in LEFT_OUT if not any(part in text for text in texts.values())] == []
