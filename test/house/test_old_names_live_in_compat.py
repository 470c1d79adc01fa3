"""Old spellings stand in `rla/compat` alone; the rest of the code knows one name for each thing."""

from __future__ import annotations

import re
from pathlib import Path

from rla.compat.manager_names import CONFIG_KEYS, FOLDERS, KEYWORDS
from rla.compat.modules import ALIASES

REPOSITORY = Path(__file__).resolve().parents[2]

OLD_NAMES = {
    # modules
    *("easy_log", "easy_plot", "easy_tf", "easy_torch", "exp_loader", "log_tools", "query_tool"),
    *(
        "complex_data_recorder",
        "simple_mat_plot",
        "time_used_recorder",
        "memory_used_recorder",
        "plot_func_v2",
        "result_cls",
    ),
    # constants
    *("ARCHIVE_TESTER", "ARCHIVED_TABLE", "DEFAULT_TIMESTAMP", "DEFAULT_X_NAME", "HYPARAM", "HYPARAM_FILE_NAME"),
    *("HYPARAMETER", "OTHER_RESULTS", "default_log_types", "FTP_PROTOCOL_NAME", "LoadTesterMode", "LogDataType"),
    *("LOG_NAME_FORMAT_VERSION", "PLATFORM_TYPE"),
    # logger
    *("logkv", "logkvs", "logkv_mean", "dumpkvs", "getkvs", "log_key_value", "get_time_step", "ProfileKV"),
    *("lst_print_dict", "ma_dict"),
    # manager
    *("Tester", "tester", "get_task_table_name", "get_timstep", "timstep", "hyparameter", "hyparameter_dir", "ipaddr"),
    *("pkl_dir", "pkl_file", "private_config", "private_config_path", "task_name", "log_root", "rc_start_time"),
    # configuration
    *("LOG_ROOT", "remote_log_root"),
    # query
    *("extract_valid_index",),
    # going on with experiments
    *("ExperimentLoader", "fork_log_file_fn", "update_hyper_parameters_fn", "load_from_record_date", "hp_to_overwrite"),
    # small modules
    *("email_send", "emb_test", "rla_argparser", "deprecated_alias"),
}


def old_names_in(source: str) -> set[str]:
    return OLD_NAMES.intersection(re.findall(r"\w+", source))


SOURCES = [
    path.relative_to(REPOSITORY).as_posix()
    for path in sorted((REPOSITORY / "rla").rglob("*.py"))
    if path.relative_to(REPOSITORY).parts[1] != "compat"
]


def test_files_outside_compat_know_no_old_name() -> None:
    found = {path: old_names_in((REPOSITORY / path).read_text(encoding="utf-8")) for path in SOURCES}
    assert {path: names for path, names in found.items() if names} == {}


def test_there_are_files_outside_compat() -> None:
    assert {"rla/__init__.py", "rla/logger.py", "rla/experiment/manager.py"} <= set(SOURCES)


def test_the_old_names_that_compat_attaches_are_on_the_list() -> None:
    keys = {part for key in CONFIG_KEYS for part in key.split(".")} - {"REMOTE_SETTING"}
    assert OLD_NAMES.issuperset({*KEYWORDS, *FOLDERS, *keys})


def test_the_old_packages_are_on_the_list() -> None:
    packages = {path.partition(".")[0] for path in ALIASES if "." in path}
    assert packages - {"trackers", "utils"} <= OLD_NAMES  # words of today, too


def test_an_old_name_is_found_as_a_word_only() -> None:
    assert old_names_in("def configure(task_name): self.logkv(tester)") == {"task_name", "logkv", "tester"}
    assert old_names_in("check_task_name(archive_tester, task_names)") == set()
