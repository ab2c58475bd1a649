"""Restricted Boltzmann machine 784-500, CD-5, batch 100, static MNIST, plain descent."""

from zoo import start_from

from .. import contestants as who

SUITE = "train"
UNIT, UNITS = "step", 50
AIMS = {}


def contestants(data_dir):
    """The zoo and PyTorch. Its products are in a loop, and so there is no floor."""
    changes = {"model.joint.chains": 0, "model.joint.gibbs_steps": 5, "optimizers.joint.learning_rate": 0.01}
    config = start_from("boltzmann_machine_static_mnist", changes)
    everyone = who.training(config, data_dir, block=UNITS, peers=("pytorch", "pytorch_compiled"))
    del everyone["matrix_products"]
    return everyone | {"zoo": who.zoo_training(config, data_dir, UNITS, counted=False)}
