"""Loggers of others, each used as its own documentation shows, for measuring beside rla, which stands first.

    for name, make in RIVALS.items():
        recorder = make(folder)  # ImportError where the package is not installed (benchmark/requirements.txt)
        recorder.record(step, values)  # what its user writes in each training step
        recorder.close()  # everything is on disk

Make each recorder in a process of its own: most of these tools keep state of the whole process. Nothing here uses a
network or prints. What tools collect beside the values (load of the machine, code, installed packages) is switched off,
so that rows are compared with rows; everything else, when they flush above all, is left as it comes.

python benchmark/rivals.py [--steps 500] [--pause 0] prints what a step costs and what `kill -9` leaves (rivals_table).
"""

from __future__ import annotations

import io
import os
from abc import ABC, abstractmethod
from collections.abc import Mapping
from contextlib import redirect_stdout
from pathlib import Path
from typing import Any, ClassVar

Folder = str | os.PathLike[str]


class Rival(ABC):
    """A recorder of one foreign tool."""

    package: ClassVar[str]

    @abstractmethod
    def __init__(self, folder: Folder) -> None:
        """Import the tool and start a run in the folder."""

    @abstractmethod
    def record(self, step: int, values: Mapping[str, float]) -> None:
        """Record the values of one step."""

    @abstractmethod
    def close(self) -> None:
        """End the run; afterwards everything is on disk."""


class Rla(Rival):
    """rla with its three usual files."""

    package = "RLA"

    def __init__(self, folder: Folder) -> None:
        from rla import logger

        logger.configure(folder, ["csv", "tensorboard", "log"])
        self.logger = logger

    def record(self, step: int, values: Mapping[str, float]) -> None:
        """Record each value and dump them, as a training script does."""
        for name, value in values.items():
            self.logger.record_tabular(name, value)
        self.logger.dump_tabular(step)

    def close(self) -> None:
        """Write everything out."""
        self.logger.close()


class TensorBoardX(Rival):
    """tensorboardX, the writer that needs neither torch nor TensorFlow."""

    package = "tensorboardX"

    def __init__(self, folder: Folder) -> None:
        self.writer = self.summary_writer()(os.fspath(folder))

    @staticmethod
    def summary_writer() -> Any:
        """Return the class that writes events."""
        from tensorboardX import SummaryWriter

        return SummaryWriter

    def record(self, step: int, values: Mapping[str, float]) -> None:
        """Write one event for each value."""
        for name, value in values.items():
            self.writer.add_scalar(name, value, step)

    def close(self) -> None:
        """Write what waits in its queue."""
        self.writer.close()


class TorchSummaryWriter(TensorBoardX):
    """The SummaryWriter of torch, which writes through the package tensorboard."""

    package = "torch"

    @staticmethod
    def summary_writer() -> Any:
        """Return the class that writes events."""
        from torch.utils.tensorboard import SummaryWriter

        return SummaryWriter


class StableBaselines3(Rival):
    """The logger of stable-baselines3 with three of its formats."""

    package = "stable-baselines3"

    def __init__(self, folder: Folder) -> None:
        from stable_baselines3.common import logger

        self.logger = logger.configure(os.fspath(folder), ["csv", "tensorboard", "log"])

    def record(self, step: int, values: Mapping[str, float]) -> None:
        """Record each value and dump them, as its algorithms do."""
        for name, value in values.items():
            self.logger.record(name, value)
        self.logger.dump(step)

    def close(self) -> None:
        """Close its three files."""
        self.logger.close()


class WandbOffline(Rival):
    """W&B without its server. A process of its own (wandb-core) writes the file."""

    package = "wandb"

    def __init__(self, folder: Folder) -> None:
        place = os.path.abspath(folder)
        os.makedirs(place, exist_ok=True)
        os.environ["WANDB_ERROR_REPORTING"] = "false"
        for kind in ("CACHE", "CONFIG", "DATA"):  # they would be made in the home folder
            os.environ[f"WANDB_{kind}_DIR"] = os.path.join(place, kind.lower())
        import wandb

        settings = wandb.Settings(
            console="off",
            silent=True,
            disable_code=True,
            disable_git=True,
            x_disable_machine_info=True,
            x_disable_meta=True,
            x_disable_stats=True,
            x_save_requirements=False,
        )
        self.run = wandb.init(project="benchmark", mode="offline", dir=place, settings=settings)

    def record(self, step: int, values: Mapping[str, float]) -> None:
        """Log the values as one row."""
        self.run.log(dict(values), step=step)

    def close(self) -> None:
        """Finish the run; its process writes the rest and ends."""
        self.run.finish()


class Trackio(Rival):
    """Trackio on this machine: a thread moves rows into SQLite twice a second."""

    package = "trackio"
    project, name = "benchmark", "run"

    def __init__(self, folder: Folder) -> None:
        self.trackio = self.load(folder)
        with redirect_stdout(io.StringIO()):
            self.trackio.init(self.project, name=self.name, embed=False, auto_log_cpu=False, auto_log_gpu=False)

    @staticmethod
    def load(folder: Folder) -> Any:
        """Return the package, which learns from the environment where its database is."""
        os.environ.update(TRACKIO_DIR=os.path.abspath(folder), HF_HUB_OFFLINE="1", HF_HUB_DISABLE_TELEMETRY="1")
        for name in ("TRACKIO_SPACE_ID", "TRACKIO_SERVER_URL", "TRACKIO_BUCKET_ID"):  # servers of the user
            os.environ.pop(name, None)
        import trackio

        return trackio

    def record(self, step: int, values: Mapping[str, float]) -> None:
        """Log the values as one row."""
        self.trackio.log(dict(values), step=step)

    def close(self) -> None:
        """Finish the run; it waits for its thread."""
        with redirect_stdout(io.StringIO()):
            self.trackio.finish()


class MLflowFiles(Rival):
    """MLflow with its folder of text files, one for each name."""

    package = "mlflow"
    synchronous = True

    def __init__(self, folder: Folder) -> None:
        self.mlflow = self.load(folder)
        self.mlflow.start_run()

    @staticmethod
    def load(folder: Folder) -> Any:
        """Return the package, told to keep its runs in the folder."""
        os.environ.update(MLFLOW_DISABLE_TELEMETRY="true", GIT_PYTHON_REFRESH="quiet")
        os.environ["MLFLOW_ALLOW_FILE_STORE"] = "true"  # newer versions prefer a database and want to be asked
        import mlflow

        mlflow.set_tracking_uri(Path(os.path.abspath(folder), "mlruns").as_uri())
        return mlflow

    def record(self, step: int, values: Mapping[str, float]) -> None:
        """Log the values as one batch."""
        self.mlflow.log_metrics(dict(values), step=step, synchronous=self.synchronous)

    def close(self) -> None:
        """Wait for its threads, if it has some, and end the run."""
        if not self.synchronous:
            self.mlflow.flush_async_logging()
        self.mlflow.end_run()


class MLflowAsync(MLflowFiles):
    """The same files, written by threads of MLflow."""

    synchronous = False


RIVALS: dict[str, type[Rival]] = {
    "rla": Rla,
    "tensorboardX": TensorBoardX,
    "torch SummaryWriter": TorchSummaryWriter,
    "SB3 logger": StableBaselines3,
    "W&B offline": WandbOffline,
    "Trackio": Trackio,
    "MLflow files": MLflowFiles,
    "MLflow async": MLflowAsync,
}

if __name__ == "__main__":
    from rivals_table import main

    main()
