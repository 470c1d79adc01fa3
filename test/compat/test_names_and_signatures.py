"""Names, values and signatures of the original, as the list of the drop-in surface (`shared/API.md`) tells them."""

from __future__ import annotations

import ast
import importlib
import inspect
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple

import pytest

from rla.compat import const
from rla.compat.modules import ALIASES

API = Path(__file__).resolve().parents[3] / "shared" / "API.md"

pytestmark = pytest.mark.skipif(not API.exists(), reason=f"there is no {API}: it is not part of the repository")

NOT_YET: dict[str, set[str]] = {}
"""Module → names that later work brings. What is there already must not stand here."""

OTHER_DEFAULTS = {
    ("easy_log.logger", "configure", "framework"): "it changes nothing today, so none is named",
}


class Item(NamedTuple):
    """A name of the original: ``path`` inside ``module``, and what stands behind it in the list."""

    module: str
    path: str
    text: str

    def __str__(self) -> str:
        return f"{self.module}:{self.path}"


def items_of(markdown: str) -> Iterator[Item]:
    """Yield the names of all modules that have a home today."""
    _, _, names = markdown.partition("\n## Names and signatures")
    for section in re.split(r"\n### ", names)[1:]:
        heading, _, body = section.partition("\n")
        module = heading.strip().removeprefix("RLA.").removesuffix(".__init__")
        if module not in ALIASES:
            continue
        for line in body.splitlines():
            if not line.startswith("- "):
                continue
            pieces = re.findall(r"`([^`]*)`", line)
            owner = ""
            if line.startswith("- class "):
                owner = pieces.pop(0)
                yield Item(module, owner, "")
            for piece in pieces:
                yield from _item(module, f"{owner}." if owner else "", piece)


def _item(module: str, prefix: str, piece: str) -> Iterator[Item]:
    if match := re.fullmatch(r"(\w+)(\(.*\))", piece):
        yield Item(module, prefix + match[1], match[2])
        return
    *names, value = piece.split(" = ") if " = " in piece else (piece, "")
    for name in names:
        yield Item(module, prefix + name, f"= {value}" if value else "")


def found(item: Item) -> Any:
    value: Any = importlib.import_module(f"RLA.{item.module}")
    for name in item.path.split("."):
        value = getattr(value, name)
    return value


def problem(item: Item) -> str:
    """Say in what a name of today is not that of the original, nothing when a script can't tell."""
    try:
        value = found(item)
    except AttributeError:
        return "it is missing"
    if item.text.startswith("("):
        return _wrong_signature(item, value)
    if item.text.startswith("= "):
        return _wrong_value(item, value)
    return ""


def _wrong_value(item: Item, value: Any) -> str:
    module = importlib.import_module(f"RLA.{item.module}")
    expression = ast.parse(item.text[2:], mode="eval").body
    if isinstance(expression, ast.Call):  # an instance: the class must be right
        cls = getattr(module, ast.unparse(expression.func))
        return "" if isinstance(value, cls) else f"it is no {cls.__name__}: {value!r}"
    if isinstance(expression, ast.Constant) and expression.value is None:  # filled while a program runs
        return ""
    expected = eval(compile(ast.Expression(expression), "API.md", "eval"), dict(vars(module)))
    return "" if value == expected and type(value) is type(expected) else f"{value!r} is not {expected!r}"


def _wrong_signature(item: Item, value: Any) -> str:
    """Say what a call that the original took would not find: names in their order, defaults, stars."""
    (function,) = ast.parse(f"def f{item.text}: ...").body
    assert isinstance(function, ast.FunctionDef)
    asked = function.args
    parameters = list(inspect.signature(value).parameters.values())[_is_unbound(item) :]
    kinds = {parameter.kind for parameter in parameters}
    if asked.vararg and inspect.Parameter.VAR_POSITIONAL not in kinds:
        return "it takes no *args"
    if asked.kwarg and inspect.Parameter.VAR_KEYWORD not in kinds:
        return "it takes no **kwargs"
    names = [argument.arg for argument in asked.args]
    plain = [parameter for parameter in parameters if parameter.kind is inspect.Parameter.POSITIONAL_OR_KEYWORD]
    if [parameter.name for parameter in plain[: len(names)]] != names:
        return f"its parameters are {inspect.signature(value)}"
    known = {*names, *(argument.arg for argument in asked.kwonlyargs)}
    for parameter in parameters:
        variable = parameter.kind in (inspect.Parameter.VAR_POSITIONAL, inspect.Parameter.VAR_KEYWORD)
        if parameter.name not in known and not variable and parameter.default is parameter.empty:
            return f"it needs {parameter.name}, which the original did not have"
    return _wrong_default(item, plain, dict(zip(reversed(names), reversed(asked.defaults), strict=False)))


def _is_unbound(item: Item) -> bool:
    """Tell whether the first parameter is ``self``: a method that is looked up on its class."""
    owner, _, name = item.path.rpartition(".")
    return bool(owner) and not isinstance(
        inspect.getattr_static(found(item._replace(path=owner)), name), (staticmethod, classmethod)
    )


def _wrong_default(item: Item, parameters: list[inspect.Parameter], defaults: dict[str, ast.expr]) -> str:
    for parameter in parameters:
        if parameter.name in defaults and (item.module, item.path, parameter.name) not in OTHER_DEFAULTS:
            module = importlib.import_module(f"RLA.{item.module}")
            names = {"list": list, "int": int, **vars(module), **vars(const)}  # a default may be a constant
            default = eval(compile(ast.Expression(defaults[parameter.name]), "API.md", "eval"), names)
            today = list(parameter.default) if isinstance(parameter.default, tuple) else parameter.default
            if today != default:
                return f"the default of {parameter.name} is {parameter.default!r}, it was {default!r}"
    return ""


ITEMS = list(items_of(API.read_text(encoding="utf-8"))) if API.exists() else []
LATER = [item for item in ITEMS if item.path in NOT_YET.get(item.module, ())]
NOW = [item for item in ITEMS if item not in LATER]


def test_the_names_of_the_original_are_there_as_they_were() -> None:
    assert len(NOW) > 300
    assert [f"{item}: {text}" for item in NOW if (text := problem(item))] == []


def test_names_that_are_there_do_not_stand_on_the_list_of_later_work() -> None:
    assert [str(item) for item in LATER if not problem(item)] == []


def test_the_list_of_later_work_has_only_names_of_the_original() -> None:
    known = {(item.module, item.path) for item in ITEMS}
    assert {(module, name) for module, names in NOT_YET.items() for name in names} - known == set()


def test_all_modules_of_the_list_have_a_home_and_no_others() -> None:
    packages = {"easy_log", "easy_plot", "easy_tf", "easy_torch", "trackers", "utils"}
    assert {item.module for item in ITEMS} == set(ALIASES) - packages
    headings = set(re.findall(r"^### RLA\.(\S+?)(?:\.__init__)?$", API.read_text(encoding="utf-8"), flags=re.M))
    assert headings - set(ALIASES) == set()
    assert len(NOW) > 250


def test_a_default_that_is_another_one_on_purpose_is_another_one(monkeypatch: pytest.MonkeyPatch) -> None:
    for module, path, name in list(OTHER_DEFAULTS):
        (item,) = (item for item in NOW if (item.module, item.path) == (module, path))
        monkeypatch.delitem(OTHER_DEFAULTS, (module, path, name))
        assert f"the default of {name} is" in problem(item)


def test_what_is_not_as_it_was_is_found() -> None:
    wrong = [
        Item("const", "NONSENSE", "= 'time-step'"),
        Item("const", "DEFAULT_X_NAME", "= 'time_step'"),
        Item("easy_log.const", "default_log_types", "= [LOG, CODE]"),
        Item("easy_log.tester", "Tester.nonsense", "()"),
        Item("easy_log.tester", "Tester.update_hyper_param", "(key, value)"),
        Item("easy_log.tester", "Tester.update_hyper_param", "(k)"),
        Item("easy_log.tester", "Tester.print_args", "(*args)"),
        Item("easy_log.logger", "set_level", "(level, **kwargs)"),
        Item("easy_log.time_step", "TimeStepHolder.__init__", "(time=1, epoch=0, tf_log=False)"),
    ]
    assert [str(item) for item in wrong if not problem(item)] == []
