"""Evaluates a trained run, or an exported model, on its test split; standard output is one JSON object.

python -m tools.evaluate --workdir runs/ehm_digits [--measures=likelihood,samples,latent,symmetry,gradients] [--num_samples 100]
python -m tools.evaluate --model models/ehm_digits --data digits --measures=samples --output samples.json --report samples.html

A value that the model cannot have is null, with the reason under "reasons". The exit code is 1 if something went wrong, or if
the one measure that was asked for by name has no value at all. What is being done is told on standard error.
"""

import json
import shlex
import sys

from absl import flags

from zoo import atomic, paths
from zoo.evaluation import results, running, waiting

from . import _measuring, _subject, binary

WORKDIR = flags.DEFINE_string("workdir", None, "Folder of the run.")
MODEL = flags.DEFINE_string("model", None, "Folder of a SavedModel, in place of a run.")
DATA = flags.DEFINE_string("data", None, "With --model: name of the data set; default that of the run the model lies in.")
DATA_DIR = flags.DEFINE_string("data_dir", None, "Folder of the data sets; default TFDS_DATA_DIR or ~/tensorflow_datasets.")
OUTPUT = flags.DEFINE_string("output", None, "A file to write the JSON object to as well.")
FORMAT = flags.DEFINE_enum("format", "json", ["json", "table"], "Standard output: one JSON object, or lines for people.")
REPORT = flags.DEFINE_string("report", None, "A file to write one HTML page to, with tables, curves and pictures.")


def _text(value):
    """A flag's value, as it is written."""
    return ",".join(map(str, value)) if isinstance(value, list) else str(value).lower() if isinstance(value, bool) else value


def _command(measures):
    """What was asked for, as a command that asks for it again."""
    asked = {
        "workdir": WORKDIR.value,
        "model": MODEL.value,
        "data": DATA.value,
        "data_dir": DATA_DIR.value,
        "measures": measures,
    }
    asked |= {name: flag.value for name, flag in _measuring.OPTIONS.items()}
    given = [f"--{name}={_text(value)}" for name, value in asked.items() if value is not None]
    return shlex.join(["python", "-m", "tools.evaluate", *given])


def main(_):
    """Prints the measures, and what they were taken on."""
    measures, options = _measuring.measures(), _measuring.options()
    running.check(measures, options)
    for flag in (OUTPUT, REPORT):
        if flag.value:
            paths.to_write(flag.value, flag.name)
    subject = _subject.load(WORKDIR.value, MODEL.value, DATA.value, DATA_DIR.value)
    with waiting.told():
        found = running.evaluate(subject.model, subject.data, measures, options)
    text = json.dumps({"command": _command(measures)} | _measuring.as_json(subject, found), allow_nan=False)
    print(text if FORMAT.value == "json" else _measuring.as_table(subject, found))
    if OUTPUT.value:
        atomic.write(paths.named(OUTPUT.value), text + "\n")
    if REPORT.value:
        _measuring.write_report(REPORT.value, {subject.name: (subject, found)}, subject.name)
    if _measuring.tell_failures(found):
        sys.exit(1)
    if _measuring.MEASURES.value and len(measures) == 1 and results.nothing(found):
        raise ValueError(f"--measures={measures[0]}: {next(iter(results.reasons(found).values()))}")


def console():
    """The console script `zoo-evaluate`."""
    binary.run(main)


if __name__ == "__main__":
    console()
