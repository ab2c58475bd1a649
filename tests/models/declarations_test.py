"""An objective of a user's own whose declarations are wrong is refused in one line when the model is built."""

import importlib
import re
import sys

import pytest

import zoo
from tests.models import tiny
from zoo import registry
from zoo.config import ConfigError
from zoo.models.declarations import check_declarations

RIGHT = {
    "NEEDS": '("log_p_x_given_z", "log_p_z", "log_q_z_given_x")',
    "SAMPLES": '"pathwise"',
    "WAKE_MOVES": '"PQ"',
    "RANGES": '{"weight": (0.0, 1.0)}',
}
LOSS = '''
def wake_loss(at, *, weight: float = 1.0):
    """A VAE's loss."""
    return weight * (at.log_q_z_given_x - at.log_p_z) - at.log_p_x_given_z
'''
# Each in place of what is right; None for nothing at all.
WRONG = {
    "no NEEDS": (
        "NEEDS",
        None,
        'its module defines no NEEDS; it must be a tuple of names, like ("log_p_x_given_z", "log_p_z")',
    ),
    "a comma forgotten": ("NEEDS", '("log_p_z")', "NEEDS must be a tuple of names, like .*, found 'log_p_z'"),
    "fields that are no names": ("NEEDS", "(1, 2)", "NEEDS must be a tuple of names, .*, found (1, 2)"),
    "no SAMPLES": ("SAMPLES", None, 'its module defines no SAMPLES; it must be "pathwise" or "held_fixed"'),
    "SAMPLES of no kind": ("SAMPLES", '"path"', 'SAMPLES must be "pathwise" or "held_fixed", found \'path\''),
    "no WAKE_MOVES": ("WAKE_MOVES", None, 'its module defines no WAKE_MOVES; it must be "Q", "P" or "PQ"'),
    "a side that no model has": ("WAKE_MOVES", '"R"', 'WAKE_MOVES must be "Q", "P" or "PQ", found \'R\''),
    "a stand-in without a tuple": ("STAND_INS", '"log_p_z"', "STAND_INS must be a tuple of names, .*, found 'log_p_z'"),
    "a kind without a tuple": ("TAKES", '{"log_q_x": "ratio"}', "TAKES must be a dictionary of tuples, .*, found {.*}"),
    "a range of no option": ("RANGES", '{"wait": (0, 1)}', "RANGES must be .* for options, of which there are weight, found"),
    "a range turned round": ("RANGES", '{"weight": (1, 0)}', "RANGES must be a dictionary of (smallest, largest) .*, found"),
    "a range of one": ("RANGES", '{"weight": 1}', "RANGES must be a dictionary of (smallest, largest) .*, found"),
}


@pytest.fixture
def own(tmp_path, monkeypatch):
    """Writes an objective with some of its declarations replaced; returns its name."""
    monkeypatch.syspath_prepend(tmp_path)
    (tmp_path / "own_objectives").mkdir()

    def write(**replaced):
        declared = {field: value for field, value in (RIGHT | replaced).items() if value is not None}
        lines = [f"{field} = {value}" for field, value in declared.items()]
        (tmp_path / "own_objectives" / "mine.py").write_text("\n".join(['"""Mine."""', *lines, LOSS]))
        importlib.invalidate_caches()  # a folder that is written to twice in one tick of its clock looks unchanged
        return "own_objectives.mine"

    yield write
    for name in ("own_objectives.mine", "own_objectives"):
        sys.modules.pop(name, None)


def build(name):
    config = tiny.experiment("vae").model.to_dict() | {"objective": name}
    return zoo.build(zoo.experiment(data={}, model=config, training={"jit_compile": "off"}), event_shape=tiny.VECTOR)


def test_what_is_declared_rightly_is_built(own):
    build(own())  # raises nothing


@pytest.mark.parametrize(("field", "value", "reason"), WRONG.values(), ids=WRONG)
def test_what_is_declared_wrongly_is_one_line(own, field, value, reason):
    with pytest.raises(ConfigError) as refused:
        build(own(**{field: value}))
    pattern = re.escape(f"objective own_objectives.mine: {reason}").replace(re.escape(".*"), ".*")
    assert re.match(f"{pattern}[^\n]*$", str(refused.value))


@pytest.mark.parametrize("name", registry.names("objective"))
def test_every_objective_of_the_zoo_is_declared_rightly(name):
    check_declarations(name, registry.find("objective", name))
