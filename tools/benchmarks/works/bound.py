"""Importance-weighted bound with K = 5,000 of the VAE 784-400-40."""

from zoo import start_from

from .. import contestants as who

SUITE = "evaluate"
UNIT, UNITS = "1,000 images (from 10)", 0.01
AIMS = {"fastest_pytorch_over_zoo": (">=", 3.0)}
IMAGES = 10


def contestants(data_dir):
    """The zoo and PyTorch."""
    config = start_from("vae_static_mnist").to_dict()
    options = {"config": config, "images": IMAGES, "num_samples": 5000}
    zoo = who.Contestant("zoo", "bound", options | {"data_dir": data_dir}, ("save",))
    takes = ("examples", "levels")
    peers = {
        "pytorch": who.Contestant("pytorch", "bound", options, takes),
        "pytorch_compiled": who.Contestant("pytorch", "bound", options | {"compiled": True}, takes, alone=True),
    }
    return {"zoo": zoo} | peers | who.matrix_products()
