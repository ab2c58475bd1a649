"""Classifies with a trained encoder and few labels: frozen, fine-tuned and from scratch; prints one JSON object.

python -m tools.fine_tune --workdir runs/ehm_mnist --num_labels 200,1000 --seeds 3
"""

import json
import pathlib
import statistics
import tempfile

from absl import flags

import zoo
from zoo import data as data_sets
from zoo.evaluation import waiting
from zoo.export import export
from zoo.export.fine_tuning import check, compare
from zoo.models import conditional
from zoo.training.workdir import Workdir, restore

from . import _table, binary

WORKDIR = flags.DEFINE_string("workdir", None, "Folder of the training run.")
DATA_DIR = flags.DEFINE_string("data_dir", None, "Folder of the data sets; default TFDS_DATA_DIR or ~/tensorflow_datasets.")
NUM_LABELS = flags.DEFINE_list("num_labels", ["200", "1000"], "Numbers of labels.")
SEEDS = flags.DEFINE_integer("seeds", 3, "How many choices of the labels.", lower_bound=1)
FORMAT = flags.DEFINE_enum("format", "json", ["json", "table"], "Standard output: one JSON object, or a table for people.")
STEPS = flags.DEFINE_integer("steps", 1_000, "Steps of each classifier.", lower_bound=1)


def _summary(results):
    """Mean and standard deviation over the seeds, of each setup."""
    return {
        name: {
            "accuracy": statistics.mean(result[name] for result in results),
            "standard_deviation": statistics.stdev(result[name] for result in results) if len(results) > 1 else None,
        }
        for name in results[0]
    }


def _counts():
    if not all(count.strip("+-").isdigit() for count in NUM_LABELS.value):
        raise ValueError(f"--num_labels: must be whole numbers with commas between them, found {','.join(NUM_LABELS.value)}")
    return [int(count) for count in NUM_LABELS.value]


def _compared(trained, untrained, data, counts):
    """{number of labels: summary}, telling on standard error how far it is."""
    results = {count: [] for count in counts}
    jobs = [(count, seed) for count in counts for seed in range(SEEDS.value)]
    with waiting.told(), waiting.task(f"training {3 * len(jobs)} classifiers (three setups, {len(jobs)} choices of labels)"):
        for count, seed in waiting.counted(jobs):
            results[count].append(compare(trained, untrained, data, count, seed, steps=STEPS.value))
    return {count: _summary(found) for count, found in results.items()}


def main(_):
    """Exports the trained model and an untrained one of the same config, and compares what their encoders are good for."""
    counts = _counts()
    data = data_sets.load(Workdir(WORKDIR.value).read()[0].data, DATA_DIR.value)
    check(data, counts)
    model, config = restore(WORKDIR.value)
    if not model.has_posterior:
        raise ValueError(f"{WORKDIR.value} holds a model without an encoder, and so without codes to classify by")
    if conditional.classes(model.model):
        raise ValueError(
            f"{WORKDIR.value} holds a class-conditional model, whose encoder is told the label: nothing to classify"
        )
    with tempfile.TemporaryDirectory() as folder:
        trained, untrained = pathlib.Path(folder, "trained"), pathlib.Path(folder, "untrained")
        fresh = zoo.build(config, event_shape=model.event_shape)
        fresh.preprocessing = model.preprocessing
        for one, path in ((model, trained), (fresh, untrained)):
            export(one, path)
        found = _compared(trained, untrained, data, counts)
    told = {"data": config.data.name, "step": int(model.step.numpy()), "seeds": SEEDS.value, "num_labels": found}
    print(_table.of_accuracies(told) if FORMAT.value == "table" else json.dumps(told))


def console():
    """The console script `zoo-fine_tune`."""
    binary.run(main, required=["workdir"])


if __name__ == "__main__":
    console()
