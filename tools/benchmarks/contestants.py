"""Who takes part in a work: which side, which of its tasks, and with what."""

import dataclasses


@dataclasses.dataclass(frozen=True)
class Contestant:
    """One line of a work's table.

    Attributes:
      side: the worker, tools/benchmarks/SIDE_side.py: zoo, keras, pytorch or process.
      task: the name of one of its functions.
      options: what that function is given; plain values, for they go through a pipe.
      takes: what else it is given by the run: "save", where to put the examples for the peers, or "examples" and "levels",
        which a contestant before it has put there.
      alone: whether it has a process of its own, so that its peak memory is its own, or what it compiles disturbs no other.
    """

    side: str
    task: str
    options: dict
    takes: tuple = ()
    alone: bool = False


def matrix_products():
    """The rate of the machine's matrix products, for the floor."""
    return {"matrix_products": Contestant("zoo", "matrix_products", {})}


def zoo_training(config, data_dir, block, **options):
    """The zoo's own training steps, `block` a measurement."""
    return Contestant("zoo", "train", dict(config=config.to_dict(), data_dir=data_dir, block=block) | options, ("save",))


def training(config, data_dir, block, peers=("keras", "keras_tuned", "pytorch", "pytorch_compiled")):
    """The zoo's training steps, those of its peers, and the matrix products.

    Args:
      config: an experiment.
      data_dir: of the data sets.
      block: steps of a measurement.
      peers: keras (`fit` as it comes), keras_tuned (with the settings that suit it best), pytorch (eager), pytorch_compiled.
    """
    options = {"config": config.to_dict(), "block": block}
    takes = ("examples", "levels")
    everyone = {
        "keras": Contestant("keras", "train", options | {"tuned": False}, takes),
        "keras_tuned": Contestant("keras", "train", options | {"tuned": True}, takes, alone=True),
        "pytorch": Contestant("pytorch", "train", options, takes),
        # In one process with a compiled task, an eager one takes up to three times as long.
        "pytorch_compiled": Contestant("pytorch", "train", options | {"compiled": True}, takes, alone=True),
    }
    chosen = {label: everyone[label] for label in peers}
    return {"zoo": zoo_training(config, data_dir, block)} | chosen | matrix_products()
