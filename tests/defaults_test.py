"""The options of all parts where nobody says: who changes a default, changes what configs and commands without it mean.

python -m tests.defaults_test      records those of today
"""

import json
import pathlib

import pytest

from zoo import registry

FILE = pathlib.Path(__file__).with_name("defaults.json")


def today(kind, name):
    """{option: its default} of a part, as JSON has it."""
    options = registry.options(kind, name).values()
    return json.loads(json.dumps({p.name: p.default for p in options if p.default is not p.empty}))


@pytest.mark.parametrize("kind", sorted(registry.KINDS))
def test_defaults_are_those_on_record(kind):
    recorded = json.loads(FILE.read_text())[kind]
    # A new part, or a new option, changes nothing that was there.
    found = {name: today(kind, name) for name in recorded}
    assert {name: {option: found[name].get(option) for option in options} for name, options in recorded.items()} == recorded


if __name__ == "__main__":
    every = {kind: {name: today(kind, name) for name in registry.names(kind)} for kind in sorted(registry.KINDS)}
    FILE.write_text(json.dumps(every, indent=1) + "\n")
