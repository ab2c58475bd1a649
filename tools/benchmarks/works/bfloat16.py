"""The hidden layers in bfloat16 against float32 (`training.precision`): where it pays."""

from zoo import start_from

from .. import contestants as who
from .. import experiments
from ..results import divided

SUITE = "train"
UNIT, UNITS = "step", 50
AIMS = {}
EXPERIMENTS = {
    "ehm_step": lambda: experiments.dcgan("extended_helmholtz"),
    "wgan_gp_step": lambda: experiments.dcgan("gan"),
    "vae_static_mnist": lambda: start_from("vae_static_mnist"),
    "vamp_prior_static_mnist": lambda: start_from("vamp_prior_static_mnist"),
}
PRECISIONS = ("float32", "bfloat16")


def contestants(data_dir):
    """Each experiment in both precisions."""
    made = {}
    for name, experiment in EXPERIMENTS.items():
        for precision in PRECISIONS:
            config = experiment()
            config.training.precision = precision
            made[f"{name}_{precision}"] = who.zoo_training(config, data_dir, UNITS, counted=False)
    return made


def figures(entries):
    """How many times as long float32 takes."""
    times = {name: [entries[f"{name}_{precision}"].seconds for precision in PRECISIONS] for name in EXPERIMENTS}
    return {f"{name}_float32_over_bfloat16": divided(*seconds) for name, seconds in times.items()}
