"""Trains a config in a working directory; run again, it goes on where it was.

python -m tools.train --config configs/ehm_digits.py --workdir runs/ehm_digits [--config.training.steps=N ...]
"""

from absl import flags

from tools import binary
from zoo.export import card, export
from zoo.training.dry_run import describe
from zoo.training.loop import train

CONFIG = binary.config_flag()
WORKDIR = flags.DEFINE_string("workdir", None, "Folder of the run: checkpoints, metrics, pictures, the exported model.")
DATA_DIR = flags.DEFINE_string("data_dir", None, "Folder of the data sets; default TFDS_DATA_DIR or ~/tensorflow_datasets.")
DRY_RUN = flags.DEFINE_bool("dry_run", False, "Print the resolved config, the parameters and the memory, and stop.")


def main(_):
    """Trains, or describes what would be trained."""
    config = CONFIG()
    if DRY_RUN.value:
        print(describe(config, DATA_DIR.value))
        return
    if not WORKDIR.value:
        raise ValueError("--workdir is required: the folder of the run")

    def finish(model, workdir):
        export(model, workdir.saved_model, overwrite=True, about=card.about_run(workdir.path.name, config))

    end = train(config, WORKDIR.value, DATA_DIR.value, finish)
    print(f"finished at step {end['step']} ({end['reason']}); everything is in {WORKDIR.value}")


def console():
    """The console script `zoo-train`."""
    binary.run(main)


if __name__ == "__main__":
    console()
