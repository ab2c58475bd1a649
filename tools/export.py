"""Exports the model of a training run as a SavedModel.

python -m tools.export --workdir runs/ehm_digits --output models/ehm_digits [--overwrite]
"""

from absl import flags

from tools import binary
from zoo.export import export
from zoo.training.workdir import restore

WORKDIR = flags.DEFINE_string("workdir", None, "Folder of the training run.")
OUTPUT = flags.DEFINE_string("output", None, "Folder to write the SavedModel to.")
OVERWRITE = flags.DEFINE_bool("overwrite", False, "Replace the SavedModel that is there.")


def main(_):
    """Restores the newest good checkpoint, or the best where the run keeps one, and exports it."""
    model, _ = restore(WORKDIR.value)
    endpoints = export(model, OUTPUT.value, overwrite=OVERWRITE.value)
    print(f"wrote {OUTPUT.value} at step {int(model.step)}, with {', '.join(endpoints)}")


def console():
    """The console script `zoo-export`."""
    binary.run(main, required=["workdir", "output"])


if __name__ == "__main__":
    console()
