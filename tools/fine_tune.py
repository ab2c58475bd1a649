"""Classifies with a trained encoder and few labels: frozen, fine-tuned and from scratch; prints one JSON object.

python -m tools.fine_tune --model ehm_digits --num_labels 100,300,1000 --seeds 5 [--output accuracies.jsonl] [--format=table]
python -m tools.fine_tune --workdir runs/ehm_mnist --num_labels 200

With an output, each choice of labels is a line of that file as soon as it is known, and is not trained again.
"""

import hashlib
import json
import pathlib
import tempfile

from absl import flags

import zoo
from zoo import data as data_sets
from zoo.evaluation import waiting
from zoo.evaluation.exported import Exported
from zoo.export import export, untrained
from zoo.export.accuracies import Accuracies
from zoo.export.fine_tuning import check, compare
from zoo.models import conditional
from zoo.training.workdir import Workdir, restore

from . import _table, binary

WORKDIR = flags.DEFINE_string("workdir", None, "Folder of the training run.")
MODEL = flags.DEFINE_string("model", None, "Name or path of an exported model, in place of a run.")
DATA_DIR = flags.DEFINE_string("data_dir", None, "Folder of the data sets; default TFDS_DATA_DIR or ~/tensorflow_datasets.")
NUM_LABELS = flags.DEFINE_list("num_labels", ["100", "300", "1000"], "Numbers of labels.")
SEEDS = flags.DEFINE_integer("seeds", 3, "How many choices of the labels.", lower_bound=1)
FORMAT = flags.DEFINE_enum("format", "json", ["json", "table"], "Standard output: one JSON object, or a table for people.")
STEPS = flags.DEFINE_integer("steps", 1_000, "Steps of each classifier.", lower_bound=1)
OUTPUT = flags.DEFINE_string("output", None, "A file to keep a line for each choice of labels in, and to go on from.")


def _counts():
    if not all(count.strip("+-").isdigit() for count in NUM_LABELS.value):
        raise ValueError(f"--num_labels: must be whole numbers with commas between them, found {','.join(NUM_LABELS.value)}")
    return [int(count) for count in NUM_LABELS.value]


def _config():
    """The experiment that the model was trained by."""
    if bool(WORKDIR.value) == bool(MODEL.value):
        raise ValueError("give either --workdir, the folder of a run, or --model, an exported model")
    return Workdir(WORKDIR.value).read()[0] if WORKDIR.value else untrained.config_of(MODEL.value)


def _model():
    """The trained model, of which there is an encoder of x alone."""
    model = restore(WORKDIR.value)[0] if WORKDIR.value else Exported(zoo.load(MODEL.value))
    where = f"{WORKDIR.value or MODEL.value} holds a"
    if not model.has_posterior:
        raise ValueError(f"{where} model without an encoder, and so without codes to classify by")
    if WORKDIR.value and conditional.classes(model.model):
        raise ValueError(f"{where} class-conditional model, whose encoder is told the label: nothing to classify")
    return model


def _about(name, trained, data):
    """What a line of the output is of: an encoder that was trained on since is another."""
    weights = hashlib.sha256()
    for variable in zoo.load(trained).encoder.variables:
        weights.update(variable.numpy().tobytes())
    return {"model": name, "weights": weights.hexdigest()[:12], "steps": STEPS.value, "data": data.fingerprint}


def _fill(kept, trained, twin, data, jobs):
    """Trains what is not known yet, telling on standard error how far it is."""
    left = [job for job in jobs if job not in kept.found]
    with waiting.told(), waiting.task(f"training {3 * len(left)} classifiers (three setups, {len(left)} choices of labels)"):
        for count, seed in waiting.counted(left):
            kept.add(count, seed, compare(trained, twin, data, count, seed, steps=STEPS.value))


def main(_):
    """Compares what a trained encoder and an untrained one of the same config are good for."""
    counts, seeds, config = _counts(), range(SEEDS.value), _config()
    data = data_sets.load(config.data, DATA_DIR.value)
    check(data, counts)
    model, name = _model(), WORKDIR.value or MODEL.value
    with tempfile.TemporaryDirectory() as folder:
        trained, twin = MODEL.value or pathlib.Path(folder, "trained"), pathlib.Path(folder, "untrained")
        if WORKDIR.value:
            export(model, trained)
        kept = Accuracies(_about(name, trained, data), OUTPUT.value)
        untrained.write(config, model.event_shape, model.preprocessing, twin)
        _fill(kept, trained, twin, data, [(count, seed) for count in counts for seed in seeds])
    told = {"data": data.name, "model": name, "seeds": SEEDS.value, "steps": STEPS.value}
    told |= {"num_labels": {count: kept.summary(count, seeds) for count in counts}}
    print(_table.of_accuracies(told) if FORMAT.value == "table" else json.dumps(told))


def console():
    """The console script `zoo-fine_tune`."""
    binary.run(main)


if __name__ == "__main__":
    console()
