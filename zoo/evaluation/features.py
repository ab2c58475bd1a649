"""What two sets of examples are compared by: raw values, or the features of a network that was saved as a SavedModel.

`pixels` are the values themselves: images as floats in [0, 1], other data as they are. Anything else is the folder of a
SavedModel whose endpoint `features`, or else whose call, maps float32 [batch, *event_shape] in [0, 1] to [batch, ...].
Such a folder may hold features.json with the `name` that figures are to carry (`classifier:mnist`); otherwise it is the name
of the folder. No image is resized: a network that wants another shape is refused.
"""

import hashlib
import json

import numpy as np
import tensorflow as tf

from zoo import paths
from zoo.evaluation import draws

PIXELS = "pixels"
BLOCK = 500


class Features:
    """A map from examples in [0, 1] to features.

    Attributes:
      name: what figures carry in brackets.
      hash: of the network's files, the first 12 hexadecimal digits of SHA-256; "" for pixels.
      loaded: the SavedModel, or None for pixels.
    """

    def __init__(self, name, hash="", loaded=None):
        self.name, self.hash, self.loaded = name, hash, loaded

    def __call__(self, x):
        """Features float64 [n, d] of x [n, *event_shape] in [0, 1].

        Raises:
          ValueError: if the network takes another shape, or makes something that is not finite.
        """
        if self.loaded is None:
            return draws.flat(x)
        return draws.flat(self._applied(getattr(self.loaded, "features", self.loaded), x))

    @property
    def classifies(self):
        """Whether the network is a classifier, whose answers can be looked at too."""
        return hasattr(self.loaded, "logits")

    def logits(self, x):
        """Of a classifier: [n, classes]."""
        return draws.flat(self._applied(self.loaded.logits, x))

    def _applied(self, endpoint, x):
        x = np.asarray(x, np.float32)
        try:
            return np.concatenate([np.asarray(endpoint(tf.constant(x[i : i + BLOCK]))) for i in range(0, len(x), BLOCK)])
        except (ValueError, TypeError, tf.errors.InvalidArgumentError) as error:
            raise ValueError(
                f"--features {self.name} takes no x of shape {(None, *x.shape[1:])}: its input does not fit"
            ) from error

    def record(self, num_real, num_generated, range_of_x):
        """What a figure has to be quoted with."""
        return {
            "hash": self.hash,
            "num_examples": num_real,
            "num_generated": num_generated,
            "pixels": f"{range_of_x}, not resized",
        }


def load(name):
    """Features by the name that a flag gives: `pixels`, or the folder of a SavedModel.

    Raises:
      ValueError: if there is no SavedModel.
    """
    if name == PIXELS:
        return Features(PIXELS)
    path = paths.named(name)
    if not (path / "saved_model.pb").is_file():
        raise ValueError(f"--features {name}: must be {PIXELS}, or the folder of a SavedModel, which holds saved_model.pb")
    described = path / "features.json"
    label = json.loads(described.read_text())["name"] if described.is_file() else path.name
    with paths.literal(path) as literal:
        return Features(label, hash_of(path), tf.saved_model.load(str(literal)))


def hash_of(path):
    """Of the graph and the weights; the fingerprint beside them would change with the time of saving."""
    files = [path / "saved_model.pb", *sorted((path / "variables").glob("variables.data*"))]
    sums = hashlib.sha256()
    for file in files:
        sums.update(file.read_bytes())
    return sums.hexdigest()[:12]
