"""What the explorer asks of an exported model, as arrays and pictures: images float [n, height, width, channels] in [0, 1]."""

import functools
import io

import matplotlib
import numpy as np
import tensorflow as tf
from PIL import Image

from zoo.evaluation.figures import png_of_points
from zoo.evaluation.pictures import grid

SIDE = 64  # pixels of one image of a grid
LARGE = 280  # of one that is shown alone, or beside another
DRAWN = 500  # own samples whose codes give the main directions
BOUND_SAMPLES = 100


class Answers:
    """An exported model, and what it can be asked.

    Args:
      name: what it is called on the page.
      loaded: what zoo.load returns.

    Raises:
      ValueError: for a SavedModel that cannot even draw samples.
    """

    def __init__(self, name, loaded):
        self.name, self._loaded = name, loaded
        if missing := [endpoint for endpoint in ("sample", "prior", "generate") if endpoint not in loaded.signatures]:
            raise ValueError(f"{name} has no endpoint {missing[0]}; it has {', '.join(loaded.signatures) or 'none'}")
        self.shape = tuple(loaded.signatures["sample"].structured_outputs["output_0"].shape[1:])
        self.is_of_images = len(self.shape) == 3 and self.shape[-1] in (1, 3)
        self.has_encoder = "encode" in loaded.signatures
        self.has_bound = "log_prob" in loaded.signatures
        self.has_critic = "critic" in loaded.signatures and list(loaded.facts.get("critics", ())) == ["log_q_x"]

    def sample(self, count, seed):
        """Means of P(x|z) at z ~ P(z)."""
        return self._loaded.sample(int(count), int(seed)).numpy()

    def generate(self, z):
        """The mean of P(x|z)."""
        return self._loaded.generate(tf.constant(z, tf.float32)).numpy()

    def code(self, x):
        """The code of x, [n, latent_size]."""
        return self._loaded.encode_mean(tf.constant(x, tf.float32)).numpy()

    def reconstruct(self, x):
        """The mean of P(x|z) at the code of x."""
        return self._loaded.reconstruct(tf.constant(x, tf.float32)).numpy()

    def bound(self, x):
        """The importance-weighted bound of log P(x) with 100 draws, [n] in nats."""
        return self._loaded.log_prob(tf.constant(x, tf.float32), BOUND_SAMPLES, 0).numpy()

    def chain(self, x, rounds, seed):
        """x, and after each round of z ~ Q(z|x) and the mean of P(x|z) what has become of it."""
        yield x
        for number in range(int(rounds)):
            z = self._loaded.encode(tf.constant(x, tf.float32), int(seed) + number)["sample"]
            x = self.generate(z)
            yield x

    def critic(self, x):
        """(f(x) [n], its gradient by x)."""
        x = tf.constant(x, tf.float32)
        with tf.GradientTape() as tape:
            tape.watch(x)
            value = self._loaded.critic(x)
        return value.numpy(), tape.gradient(value, x).numpy()

    @functools.cached_property
    def directions(self):
        """(mean [latent_size], directions [n, latent_size], each as long as the standard deviation of codes along it)."""
        z = self.code(self.sample(DRAWN, 0)) if self.has_encoder else self._loaded.prior(DRAWN, 0).numpy()
        _, lengths, directions = np.linalg.svd(z - z.mean(0), full_matrices=False)
        return z.mean(0), directions * lengths[:, np.newaxis] / np.sqrt(len(z))

    def fitted(self, picture, invert):
        """(x [1, ...] that the model can take, what was done to the picture).

        Args:
          picture: a PIL image of any size and mode.
          invert: whether it is dark on light, and the model's images are light on dark.
        """
        height, width, channels = self.shape
        picture = picture.convert("RGBA")
        paper = Image.new("RGBA", picture.size, "white")
        paper.alpha_composite(picture)
        mode = "L" if channels == 1 else "RGB"
        pixels = np.asarray(paper.convert(mode).resize((width, height), Image.Resampling.BOX), np.float32) / 255
        x = (1 - pixels if invert else pixels).reshape(1, height, width, channels)
        size = f"{picture.width}x{picture.height}"
        return x, "" if picture.size == (width, height) else f"Resized from {size} to the model's {width}x{height}. "

    def shown(self, x, columns=None):
        """Images as one picture; points in the plane as a scatter plot."""
        if not self.is_of_images:
            return np.asarray(Image.open(io.BytesIO(png_of_points(np.reshape(x, [len(x), -1])))))
        pixels = grid(x, columns, LARGE if len(x) <= 2 else SIDE, smooth=True)
        return pixels.squeeze(-1) if pixels.shape[-1] == 1 else pixels


def heat(x, gradient):
    """An image with what the critic would change: red where more would be more like data, blue where less.

    Args:
      x, gradient: [1, height, width, channels].
    """
    change = gradient[0].mean(-1)
    colours = matplotlib.colormaps["bwr"](0.5 + 0.5 * change / max(np.abs(change).max(), 1e-12))[..., :3]
    grey = np.clip(x[0].mean(-1, keepdims=True), 0, 1)
    return grid(np.stack([np.repeat(grey, 3, -1), colours, 0.4 * grey + 0.6 * colours]), 3, LARGE)
