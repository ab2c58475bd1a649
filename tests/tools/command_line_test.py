"""The command line of the tools: help, and what --config and --config.FIELD=value mean."""

import ast
import logging
import os
import re
import subprocess
import sys

import pytest
from absl import flags

import zoo
from tests import commands
from tests.repository import ROOT
from tools import binary
from tools._command_line import ConfigFlag

TOOLS = sorted(path.stem for path in (ROOT / "tools").glob("*.py") if "binary.run(main" in path.read_text())


def read(*arguments):
    """The config of a command line, as a tool reads it."""
    values = flags.FlagValues()
    config = ConfigFlag(values)
    left, changes = config.take_changes(values.read_flags_from_files(["tool", *arguments], force_gnu=False))
    values(left)
    config.read(changes)
    return config()


BASE = "vae_digits"
MEANT = {
    "a number": (["--config.training.steps=7"], {"training.steps": 7}),
    "one dash": (["-config.training.steps=7"], {"training.steps": 7}),
    "the value apart": (["--config.training.steps", "7"], {"training.steps": 7}),
    "the last counts": (["--config.training.steps=8", "--config.training.steps=7"], {"training.steps": 7}),
    "before the file": (["--config.training.steps=7"], {"training.steps": 7}),
    "a list": (["--config.model.encoder.hidden_sizes=(3, 4)"], {"model.encoder.hidden_sizes": (3, 4)}),
    "a list without brackets": (["--config.model.encoder.hidden_sizes=3,4"], {"model.encoder.hidden_sizes": (3, 4)}),
    "a list of one": (["--config.model.encoder.hidden_sizes=3"], {"model.encoder.hidden_sizes": (3,)}),
    "a truth": (["--config.model.objective.closed_form_kl=true"], {"model.objective.closed_form_kl": True}),
    "a truth by name": (["--config.model.objective.closed_form_kl"], {"model.objective.closed_form_kl": True}),
    "no truth": (["--noconfig.model.objective.closed_form_kl"], {"model.objective.closed_form_kl": False}),
    "a word": (["--config.training.jit_compile=off"], {"training.jit_compile": "off"}),
    "a part": (["--config.model.objective=iwae"], {"model.objective": "iwae"}),
    "a section added": (
        ["--config.model.approximators.log_q_x.name=wasserstein", "--config.model.approximators.log_q_x.network=mlp"],
        {"model.approximators.log_q_x": {"name": "wasserstein", "network": "mlp"}},
    ),
    "a schedule": (
        ["--config.model.objective.kl_weight.name=PolynomialDecay", "--config.model.objective.kl_weight.decay_steps=5"]
        + ["--config.model.objective.kl_weight.initial_learning_rate=0.0"],
        {"model.objective.kl_weight": {"name": "PolynomialDecay", "decay_steps": 5, "initial_learning_rate": 0.0}},
    ),
    "a section emptied": (["--config.model.approximators={}"], {"model.approximators": {}}),
    "a word that reads as a number": (
        ["--config.data=image_folder", "--config.data.image_size=8", "--config.data.folder='2024'"],
        {"data": "image_folder", "data.image_size": 8, "data.folder": "2024"},
    ),
}


@pytest.mark.parametrize(("arguments", "changes"), MEANT.values(), ids=MEANT)
def test_flags_change_the_config(arguments, changes):
    assert read(*arguments, "--config", BASE) == zoo.start_from(BASE, changes)


def test_a_flagfile_may_hold_the_config_and_its_fields(tmp_path):
    (tmp_path / "inner").write_text("--config.training.seed=3\n")
    (tmp_path / "outer").write_text(f"--config={BASE}\n--config.training.steps=7\n--flagfile={tmp_path / 'inner'}\n")
    assert read(f"--flagfile={tmp_path / 'outer'}") == zoo.start_from(BASE, {"training.steps": 7, "training.seed": 3})


BAD = {
    "no config": ([], "--config is required: a config file, or the name"),
    "a word for a number": (["--config", BASE, "--config.training.steps=many"], "config.training.steps: expected int"),
    "a fraction for a truth": (["--config", BASE, "--config.model.objective.closed_form_kl=2"], "expected bool"),
    "nothing for a number": (["--config", BASE, "--config.training.steps="], "config.training.steps: expected int"),
}


@pytest.mark.parametrize(("arguments", "message"), BAD.values(), ids=BAD)
def test_a_bad_value_is_one_line(arguments, message):
    with pytest.raises(ValueError, match=f"^[^\n]*{re.escape(message)}[^\n]*$"):
        read(*arguments)


def test_a_warning_is_a_plain_line():
    record = logging.LogRecord("absl", logging.WARNING, "files.py", 1, "%d left out", (3,), None)
    assert binary.Plain().format(record) == "warning: 3 left out"


def test_what_follows_two_dashes_is_no_flag():
    left, changes = ConfigFlag(flags.FlagValues()).take_changes(["tool", "--", "--config.training.steps=7"])
    assert (left, changes) == (["tool", "--", "--config.training.steps=7"], {})


def defined_flags(tool):
    """The flags that a tool's file and the modules of tools that it imports define."""
    trees = [ast.parse((ROOT / "tools" / f"{tool}.py").read_text())]
    names = {alias.name for node in ast.walk(trees[0]) if isinstance(node, ast.ImportFrom) for alias in node.names}
    names |= {node.module for node in ast.walk(trees[0]) if isinstance(node, ast.ImportFrom) and node.level}
    trees += [ast.parse(path.read_text()) for path in (ROOT / "tools").glob("_*.py") if path.stem in names]
    for node in (node for tree in trees for node in ast.walk(tree)):
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.func.attr.startswith("DEFINE_"):
            yield node.args[0].value


def help_of(tool, flag):
    """(exit code, standard output) of a tool that is asked for help."""
    found = commands.run(tool, flag)
    return found.returncode, found.stdout


@pytest.mark.parametrize("tool", [t if t in ("train", "evaluate") else pytest.param(t, marks=pytest.mark.slow) for t in TOOLS])
def test_help_has_a_line_for_every_flag_of_the_tool(tool):
    code, text = help_of(tool, "--help")
    assert code == 0
    shown = re.findall(r"^  --(?:\[no\])?(\w+): \S", text, re.MULTILINE)
    assert shown == sorted({*defined_flags(tool)})
    assert shown
    assert "\n\n\n" not in text


def test_train_has_config_and_evaluate_has_measures():
    """What the test above reads off the sources, by name."""
    assert "config" in defined_flags("train")
    assert {"measures", "num_samples", "workdir"} <= {*defined_flags("evaluate")}


def test_helpfull_has_the_flags_of_the_libraries_too():
    code, text = help_of("sample", "--helpfull")
    assert code == 0
    assert "--num_samples" in text
    assert "--verbosity" in text


def test_start_up_notices_of_tensorflow_do_not_reach_the_user(tmp_path):
    """Unless the user has set the variable. What a program itself writes to the descriptor does."""
    program = "import os, tools, tensorflow; os.write(2, b'by hand\\n'); tensorflow.zeros(1); raise SystemExit('the end')"
    environment = {key: value for key, value in os.environ.items() if key != "TF_CPP_MIN_LOG_LEVEL"}
    command = [sys.executable, "-c", program]
    found = subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True, check=False)
    assert found.stderr == "by hand\nthe end\n"


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("import os\nos.write(2, b'E0000 00:00 real.cc:1] broken\\n')\nraise ImportError('cannot')", "ImportError: cannot"),
        ("import os\nos.write(2, b'E0000 00:00 real.cc:1] broken\\n')\nos.abort()", "broken"),
    ],
    ids=["an exception", "an abort"],
)
def test_what_goes_wrong_while_tensorflow_is_imported_does(text, said, tmp_path):
    """A TensorFlow of our own writes a notice and an error, and fails."""
    (tmp_path / "tensorflow.py").write_text("import os\nos.write(2, b'I0000 00:00 port.cc:1] a notice\\n')\n" + text)
    environment = {key: value for key, value in os.environ.items() if key != "TF_CPP_MIN_LOG_LEVEL"}
    environment["PYTHONPATH"] = os.pathsep.join([str(tmp_path), str(ROOT)])
    command = [sys.executable, "-c", "import tools, tensorflow"]
    found = subprocess.run(command, cwd=tmp_path, env=environment, capture_output=True, text=True, check=False)
    assert found.returncode != 0
    assert "real.cc:1] broken" in found.stderr
    assert said in found.stderr
    assert "a notice" not in found.stderr
