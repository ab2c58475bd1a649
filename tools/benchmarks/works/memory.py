"""Peak memory of training ehm_bedrooms64, each side in a process of its own."""

from zoo import start_from

from .. import contestants as who

SUITE = "train"
UNIT, UNITS = "step", 3
ROUNDS = 3
AIMS = {"zoo_memory_over_pytorch": ("<=", 1.2)}


def contestants(data_dir):
    """The zoo and PyTorch."""
    config = start_from("ehm_bedrooms64")
    options = {"config": config.to_dict(), "data_dir": data_dir, "block": UNITS}
    zoo = who.Contestant("zoo", "train", options | {"counted": False}, alone=True)
    return {"zoo": zoo, "pytorch": who.Contestant("pytorch", "train", options, alone=True)}


def figures(entries):
    """The ratio of the peaks, and the same of what each takes beyond the libraries that it has imported."""
    peaks = [entries[label].peak_bytes for label in ("zoo", "pytorch")]
    if not all(peaks):
        return {}
    own = [peak - entries[label].facts["imported_bytes"] for peak, label in zip(peaks, ("zoo", "pytorch"), strict=True)]
    return {
        "zoo_memory_over_pytorch": [peaks[0] / peaks[1]],
        "zoo_memory_over_pytorch_beyond_imports": [own[0] / own[1]],
    }
