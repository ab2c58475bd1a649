"""Defaults and constants of the library: who changes one changes what configs, commands and seeds without it mean.

python -m tests.defaults_test      records those of today
"""

import importlib
import inspect
import json
import pathlib
import pkgutil
import re

import pytest

import zoo

FILE = pathlib.Path(__file__).with_name("defaults.json")
MODULES = [module.name for module in pkgutil.walk_packages(zoo.__path__, "zoo.")]


def today(name):
    """{place: value, as JSON has it} of a module: its constants, those of its classes, and the defaults of its functions.

    Of constants only what holds a number: a name or a text says itself what it is.
    """
    module = importlib.import_module(name)
    own = [part for part in vars(module).values() if getattr(part, "__module__", None) == name]
    assigned = {
        part
        for line in re.findall(r"^([A-Z][A-Z0-9_, ]*) = ", inspect.getsource(module), re.MULTILINE)
        for part in line.split(", ")
    }
    constants = {constant: value for constant, value in vars(module).items() if constant in assigned}
    functions = {part.__name__: part for part in own if inspect.isfunction(part)}
    for each in filter(inspect.isclass, own):
        members = {f"{each.__name__}.{member}": value for member, value in vars(each).items()}
        constants |= {place: value for place, value in members.items() if place.rpartition(".")[2].isupper()}
        functions |= {place: value for place, value in members.items() if inspect.isfunction(value)}
    defaults = {
        f"{place}({parameter.name})": parameter.default
        for place, function in functions.items()
        for parameter in inspect.signature(function).parameters.values()
        if parameter.default is not parameter.empty
    }
    numbers = {place: value for place, value in constants.items() if re.search(r"\d|true|false", in_json(value))}
    return {place: json.loads(text) for place, value in (numbers | defaults).items() if (text := in_json(value))}


def in_json(value):
    """The text of it; empty where there is none."""
    try:
        return json.dumps(value)
    except TypeError:
        return ""


@pytest.mark.parametrize("module", MODULES)
def test_numbers_are_those_on_record(module):
    recorded, found = json.loads(FILE.read_text()).get(module, {}), today(module)
    # What is new changes nothing that was there.
    assert {place: found.get(place) for place in recorded} == recorded


if __name__ == "__main__":
    every = json.dumps({name: numbers for name in MODULES if (numbers := today(name))}, indent=1)
    # A list is a line.
    FILE.write_text(re.sub(r"\[[^][{}]*\]", lambda found: " ".join(found[0].split()), every) + "\n")
