"""An EHM step against a VAE step and a WGAN-GP step of the same networks: what the phases share."""

from .. import contestants as who
from .. import experiments

SUITE = "train"
UNIT, UNITS = "step", 10
AIMS = {"ehm_over_vae_and_wgan_gp": ("<=", 0.9)}
OBJECTIVES = {"zoo": "extended_helmholtz", "vae": "vae", "wgan_gp": "gan"}


def contestants(data_dir):
    """The three models of the zoo."""
    return {label: who.zoo_training(experiments.dcgan(name), data_dir, UNITS) for label, name in OBJECTIVES.items()}


def figures(entries):
    """Time and operations of the one over those of the two."""
    ehm, vae, gan = (entries[label].seconds for label in OBJECTIVES)
    counted = [entries[label].facts.get("operations", 0) for label in OBJECTIVES]
    return {
        "ehm_over_vae_and_wgan_gp": [a / (b + c) for a, b, c in zip(ehm, vae, gan, strict=False)],
        "operations_ehm_over_vae_and_wgan_gp": [counted[0] / (counted[1] + counted[2])] if all(counted) else [],
    }
