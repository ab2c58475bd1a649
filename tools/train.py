"""Trains a config in a working directory; run again, it goes on where it was.

python -m tools.train --config configs/ehm_digits.py --workdir runs/ehm_digits [--config.training.steps=N ...]
python -m tools.train ... --strategy=mirrored          # all devices of this machine
python -m tools.train ... --strategy=multi_worker      # this machine as one of those in TF_CONFIG, or of the SLURM job step
"""

import tensorflow as tf
from absl import flags

from zoo.interface.running import described, run
from zoo.training import strategy
from zoo.training.workdir import keeps_best

from . import binary
from ._command_line import ConfigFlag

CONFIG = ConfigFlag()
WORKDIR = flags.DEFINE_string("workdir", None, "Folder of the run: checkpoints, metrics, pictures, the exported model.")
DATA_DIR = flags.DEFINE_string("data_dir", None, "Folder of the data sets; default TFDS_DATA_DIR or ~/tensorflow_datasets.")
STRATEGY = flags.DEFINE_enum("strategy", "default", strategy.NAMES, "Train on one device, or all of one or several machines.")
DETERMINISTIC = flags.DEFINE_bool(
    "deterministic", False, "Refuse operations that do not repeat themselves bit for bit on a GPU; slower. CPUs repeat anyway."
)
DRY_RUN = flags.DEFINE_bool("dry_run", False, "Print the resolved config, the parameters and the memory, and stop.")


def main(_):
    """Trains, or describes what would be trained."""
    # First of all: cluster and determinism cannot be set once a device has been touched.
    if DETERMINISTIC.value:
        tf.config.experimental.enable_op_determinism()
    devices = strategy.make(STRATEGY.value)
    config = CONFIG()
    if DRY_RUN.value:
        print(described(config, DATA_DIR.value))
        return
    if not WORKDIR.value:
        raise ValueError("--workdir is required: the folder of the run")

    try:
        end = run(config, WORKDIR.value, data_dir=DATA_DIR.value, strategy=devices, own_process=True)
    except Exception as error:
        if devices.cluster_resolver is None:
            raise
        binary.leave(error)
    print(f"finished at step {end['step']} ({end['reason']}); everything is in {WORKDIR.value}")
    if "best_step" in end:
        kept = "the model of that step is kept" if keeps_best(config.training) else "--config.training.keep_best=true keeps it"
        print(f"best validation at step {end['best_step']}: negative ELBO {end['best_negative_elbo']:.5g} nats; {kept}")


def console():
    """The console script `zoo-train`."""
    binary.run(main, config=CONFIG)


if __name__ == "__main__":
    console()
