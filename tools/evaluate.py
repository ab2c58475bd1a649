"""Evaluates a trained run, or an exported model, on its test split; standard output is one JSON object.

python -m tools.evaluate --workdir runs/ehm_digits [--measures=likelihood,samples,latent,symmetry,gradients] [--num_samples 100]
python -m tools.evaluate --model models/ehm_digits --data digits --measures=samples --output samples.json --report samples.html

A value that the model cannot have is null, with the reason under "reasons". The exit code is 1 if something went wrong, or if
the one measure that was asked for by name has no value at all.
"""

import json
import pathlib
import sys

from absl import flags

from tools import _subject, binary
from zoo import registry
from zoo.evaluation import running

WORKDIR = flags.DEFINE_string("workdir", None, "Folder of the run.")
MODEL = flags.DEFINE_string("model", None, "Folder of a SavedModel, in place of a run.")
DATA = flags.DEFINE_string("data", None, "With --model: name of the data set; default that of the run the model lies in.")
DATA_DIR = flags.DEFINE_string("data_dir", None, "Folder of the data sets; default TFDS_DATA_DIR or ~/tensorflow_datasets.")
MEASURES = flags.DEFINE_list("measures", None, f"Of {', '.join(registry.names('measure'))}; default likelihood.")
OUTPUT = flags.DEFINE_string("output", None, "A file to write the JSON object to as well.")
REPORT = flags.DEFINE_string("report", None, "A file to write one HTML page to, with tables, curves and pictures.")
# Each is an option of the measures that have one of this name; without it, that measure's own default holds.
OPTIONS = {
    "num_samples": flags.DEFINE_integer("num_samples", None, "K of the importance-weighted bound.", lower_bound=1),
    "num_examples": flags.DEFINE_integer("num_examples", None, "Test examples at most, and samples.", lower_bound=1),
    "features": flags.DEFINE_string("features", None, "pixels, or the folder of a SavedModel (tools.train_classifier)."),
    "observation_noise": flags.DEFINE_bool("observation_noise", None, "Draw x from P(x|z) in place of its mean."),
    "annealing_steps": flags.DEFINE_integer("annealing_steps", None, "Of annealed importance sampling.", lower_bound=0),
    "annealing_chains": flags.DEFINE_integer("annealing_chains", None, "For each example.", lower_bound=1),
    "annealing_examples": flags.DEFINE_integer("annealing_examples", None, "How many are annealed.", lower_bound=1),
    "num_batches": flags.DEFINE_integer("num_batches", None, "Minibatches for the gradients' variance.", lower_bound=3),
    "batch_size": flags.DEFINE_integer("batch_size", None, "Of those minibatches.", lower_bound=1),
    "rounds": flags.DEFINE_list("rounds", None, "Of the limiting chain, like 1,10,100."),
    "seed": flags.DEFINE_integer("seed", None, "Seed of the draws.", lower_bound=0),
}


def _options():
    given = {name: flag.value for name, flag in OPTIONS.items() if flag.value is not None}
    return given | ({"rounds": tuple(int(number) for number in given["rounds"])} if "rounds" in given else {})


def _check_writable(path):
    if path and not pathlib.Path(path).expanduser().absolute().parent.is_dir():
        raise ValueError(f"{path} cannot be written: there is no folder {pathlib.Path(path).parent}; make it first")


def _write(subject, found, reasons):
    text = json.dumps(subject.setup | found | ({"reasons": reasons} if reasons else {}), allow_nan=False)
    print(text)
    if OUTPUT.value:
        pathlib.Path(OUTPUT.value).expanduser().write_text(text + "\n")
    if REPORT.value:
        from zoo.evaluation import report  # matplotlib takes a second that only a report should cost

        report.write(pathlib.Path(REPORT.value).expanduser(), [report.page_of(subject, found, reasons)])


def main(_):
    """Prints the measures, and what they were taken on."""
    measures, options = MEASURES.value or ["likelihood"], _options()
    running.check(measures, options)
    for path in (OUTPUT.value, REPORT.value):
        _check_writable(path)
    subject = _subject.load(WORKDIR.value, MODEL.value, DATA.value, DATA_DIR.value)
    found, reasons, failures = running.evaluate(subject.model, subject.data, measures, options)
    _write(subject, found, reasons)
    for name in failures:
        print(f"error: {name}: {reasons[name]}", file=sys.stderr)
    alone = MEASURES.value is not None and len(measures) == 1
    if failures or (alone and running.nothing(found, reasons)):
        sys.exit(f"error: {measures[0]}: {next(iter(reasons.values()))}" if not failures else 1)


def console():
    """The console script `zoo-evaluate`."""
    binary.run(main)


if __name__ == "__main__":
    console()
