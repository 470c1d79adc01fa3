"""The folders of an experiment, as scripts use them: texts that end in ``/``."""

from __future__ import annotations

from abc import abstractmethod

from rla.experiment.run import Run
from rla.names import ARCHIVE, CHECKPOINT, CODE, HYPERPARAMETER, LOG, RESULTS, TMP_DATA

__all__ = ["ExperimentFolders"]


class ExperimentFolders:
    """Gives the folders of the current run; `NotConfiguredError` before there is one."""

    @abstractmethod
    def _current_run(self, asked: str) -> Run: ...

    def _folder(self, asked: str, tree: str) -> str:
        return f"{self._current_run(asked).place.path(tree)}/"

    @property
    def log_dir(self) -> str:
        """Where rows and lines of text are recorded."""
        return self._folder("log_dir", LOG)

    @property
    def code_dir(self) -> str:
        """Where the code of the experiment is kept."""
        return self._folder("code_dir", CODE)

    @property
    def checkpoint_dir(self) -> str:
        """Where weights are saved."""
        return self._folder("checkpoint_dir", CHECKPOINT)

    @property
    def results_dir(self) -> str:
        """Where figures, videos and other results go."""
        return self._folder("results_dir", RESULTS)

    @property
    def tmp_data_dir(self) -> str:
        """Where large data of the run goes, such as replay buffers."""
        return self._folder("tmp_data_dir", TMP_DATA)

    @property
    def hyperparameter_dir(self) -> str:
        """Where the parameter files are kept once more."""
        return self._folder("hyperparameter_dir", HYPERPARAMETER)

    @property
    def archive_file(self) -> str:
        """The file that keeps hyper-parameters and custom data."""
        return str(self._current_run("archive_file").place.path(ARCHIVE))

    @property
    def archive_dir(self) -> str:
        """The folder of the archive file."""
        return f"{self._current_run('archive_dir').place.path(ARCHIVE).parent}/"
