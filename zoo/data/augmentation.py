"""Training examples that are changed a little each time they are seen: mirrored, moved; a function of the seed alone."""

import dataclasses

import tensorflow as tf

from zoo import config, noise


@dataclasses.dataclass(frozen=True)
class Augmentation:
    """What is done to images of a training batch, each by chances of its own.

        flip     mirrored left to right, with probability 1/2
        shift    moved by whole pixels, down and to the right, each uniform on -shift ... shift; edges are repeated

    Attributes:
      flip: whether images are mirrored.
      shift: pixels at most.
    """

    flip: bool = False
    shift: int = 0

    def check(self, event_shape):
        """Refuses data that are no images, or smaller than the shift; raises zoo.config.ConfigError."""
        for field, wanted in (("augment_flip", self.flip), ("augment_shift", self.shift)):
            if wanted and len(event_shape) != 3:
                raise config.ConfigError(f"config.data.{field}: needs images, found examples of shape {tuple(event_shape)}")
        if self.shift and self.shift >= min(event_shape[:2]):
            least = min(event_shape[:2])
            raise config.ConfigError(
                f"config.data.augment_shift: must be below the {least} pixels of a side, found {self.shift}"
            )

    def __call__(self, x, seed):
        """x [batch, height, width, channels], changed.

        Args:
          x: of one replica.
          seed: int32 [2]; the changes are the same on any number of replicas (zoo/noise.py).
        """
        if self.flip:
            chosen = noise.uniform(tf.shape(x)[:1], tf.random.fold_in(seed, 0)) < 0.5
            x = tf.where(chosen[:, tf.newaxis, tf.newaxis, tf.newaxis], tf.reverse(x, [2]), x)
        for axis in (1, 2) if self.shift else ():
            x = self._shifted(x, axis, tf.random.fold_in(seed, axis))
        return x

    def _shifted(self, x, axis, seed):
        size = x.shape[axis]
        uniform = noise.uniform(tf.shape(x)[:1], seed)
        moved = tf.cast(tf.floor(uniform * (2 * self.shift + 1)), tf.int32) - self.shift
        places = tf.clip_by_value(tf.range(size)[tf.newaxis] - moved[:, tf.newaxis], 0, size - 1)
        return tf.gather(x, places, axis=axis, batch_dims=1)
