"""Evaluates a trained run on its test split; standard output is one JSON object.

python -m tools.evaluate --workdir runs/ehm_digits [--num_samples 100]
"""

import json

from absl import flags

from tools import binary
from zoo import data as data_sets
from zoo.evaluation import likelihood
from zoo.training.workdir import restore

WORKDIR = flags.DEFINE_string("workdir", None, "Folder of the run.")
DATA_DIR = flags.DEFINE_string("data_dir", None, "Folder of the data sets; default TFDS_DATA_DIR or ~/tensorflow_datasets.")
NUM_SAMPLES = flags.DEFINE_integer("num_samples", 100, "K of the importance-weighted bound.", lower_bound=1)
SEED = flags.DEFINE_integer("seed", 0, "Seed of the draws.", lower_bound=0)
NO_BOUND = "the model has no bound: it lacks a posterior, or a density of x or z"


def evaluate(model, data):
    """The measures of a model on the test split."""
    if not model.has_likelihood_bound:
        return {"negative_elbo": None, "importance_weighted_bound": None, "reason": NO_BOUND}
    return likelihood.measure(model, data, NUM_SAMPLES.value, SEED.value)


def main(_):
    """Prints the measures, and what they were taken on."""
    model, config = restore(WORKDIR.value)
    data = data_sets.load(config.data, DATA_DIR.value)
    model.data = data
    setup = {"data": config.data.name, "split": "test", "binarization": config.data.binarization, "step": int(model.step)}
    print(json.dumps(setup | evaluate(model, data)))


def console():
    """The console script `zoo-evaluate`."""
    binary.run(main, required=["workdir"])


if __name__ == "__main__":
    console()
