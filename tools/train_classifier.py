"""Trains a small classifier on labelled images, to compare samples with data by its features.

python -m tools.train_classifier --data mnist --output classifiers/mnist
python -m tools.evaluate --workdir runs/ehm_mnist --measures=samples --features=classifiers/mnist
python -m tools.train_classifier --workdir runs/mine --output classifiers/mine      # on the data of a run
"""

from absl import flags

import zoo
from zoo import data as data_sets
from zoo import shares
from zoo.evaluation import classifier
from zoo.training.workdir import Workdir

from . import binary

DATA = flags.DEFINE_string("data", None, "Name of the data set.")
WORKDIR = flags.DEFINE_string("workdir", None, "Folder of a training run, whose data are taken in place of --data.")
DATA_DIR = flags.DEFINE_string("data_dir", None, "Folder of the data sets; default TFDS_DATA_DIR or ~/tensorflow_datasets.")
OUTPUT = flags.DEFINE_string("output", None, "Folder to write the SavedModel to.")
EPOCHS = flags.DEFINE_integer("epochs", 4, "Passes over the training split.", lower_bound=1)
SEED = flags.DEFINE_integer("seed", 0, "Of the weights and of the order of the examples.", lower_bound=0)
PART = flags.DEFINE_string("part", "1/1", "The share of the training split that it learns from, like 1/2.")


def main(_):
    """Trains, saves, and says how good it is."""
    classifier.check_free(OUTPUT.value)
    part = shares.parse(PART.value, "--part")
    if bool(DATA.value) == bool(WORKDIR.value):
        raise ValueError("give either --data, the name of a data set, or --workdir, the folder of a run on one")
    named = zoo.experiment(data={"name": DATA.value}, model={}, training={}) if DATA.value else Workdir(WORKDIR.value).read()[0]
    data = data_sets.load(named.data, DATA_DIR.value)
    features, logits, accuracy = classifier.train(data, EPOCHS.value, SEED.value, part)
    classifier.save(OUTPUT.value, f"classifier:{data.name}", features, logits, accuracy)
    print(f"wrote {OUTPUT.value}, which tells {accuracy:.2%} of the test examples")


def console():
    """The console script `zoo-train_classifier`."""
    binary.run(main, required=["output"])


if __name__ == "__main__":
    console()
