"""What the model sees of raw grey levels: range, dequantization and binarization."""

import dataclasses

import keras
import numpy as np
import tensorflow as tf

from zoo import config, noise

# The fields that a config chooses from a list, with the lists.
CHOICES = {f.name: f.metadata["choices"] for f in dataclasses.fields(config.Data) if "choices" in f.metadata}


@dataclasses.dataclass(frozen=True)
class Preprocessing:
    """From raw examples to x in the model's range, by one formula.

        unit = raw / (levels - 1)                     no dequantization:      0 ... 1, both included
        unit = (raw + U[0, 1)) / levels               uniform dequantization: [0, 1)
        unit = 1 if U[0, 1) < raw / (levels - 1)      dynamic binarization: drawn afresh from each seed
        unit = 1 if raw / (levels - 1) > threshold    threshold binarization
        x    = unit, or 2 unit - 1 for the symmetric range

    Static binarization says that the raw values are {0, 1} already. Real-valued vectors (levels 0) pass untouched.

    Attributes:
      event_shape: shape of one example; a tuple.
      levels: number of grey levels (256 for 8-bit images, 17 for digits, 2 for bars), or 0 for real-valued vectors.
      value_range: "unit" or "symmetric".
      dequantization: "none" or "uniform".
      binarization: "none", "static", "dynamic" or "threshold".
      threshold: in units of [0, 1]; of use with binarization "threshold" only.

    Raises:
      zoo.config.ConfigError: for choices that contradict each other or the data.
    """

    event_shape: tuple
    levels: int
    value_range: str = "unit"
    dequantization: str = "none"
    binarization: str = "none"
    threshold: float = 0.5

    def __post_init__(self):
        object.__setattr__(self, "event_shape", tuple(self.event_shape))  # JSON turns it into a list
        for field, choices in CHOICES.items():
            if getattr(self, field) not in choices:
                _refuse(self, field, f"is not one of {', '.join(choices)}")
        if self.levels == 1 or self.levels < 0:
            raise config.ConfigError(
                f"config.data.name: data have 0 grey levels (real-valued vectors) or 2 and more, found {self.levels}"
            )
        if not self.levels:
            self._refuse_for_vectors()
        if self.binarization != "none":
            self._check_binarization()

    def _refuse_for_vectors(self):
        for field, choices in CHOICES.items():
            if getattr(self, field) != choices[0]:
                _refuse(self, field, f"needs grey levels, but the data are real-valued vectors: leave it {choices[0]!r}")

    def _check_binarization(self):
        if self.dequantization != "none":
            _refuse(self, "dequantization", f"contradicts binarization {self.binarization!r}: set one of them to 'none'")
        if self.value_range != "unit":
            _refuse(self, "value_range", f"contradicts binarization {self.binarization!r}: binary pixels are 0 and 1, 'unit'")
        if self.binarization == "static" and self.levels != 2:
            _refuse(self, "binarization", f"needs pixels that are 0 or 1 on disk, but the data have {self.levels} levels")

    def __call__(self, raw, seed, dtype=None):
        """x of shape [batch, *event_shape] in the model's range.

        Args:
          raw: integer grey levels or real vectors, [batch, *event_shape].
          seed: int32 [2]; the noise is the same on any number of replicas (zoo/noise.py).
          dtype: of the result; None for keras.config.floatx().
        """
        dtype = tf.as_dtype(dtype or keras.config.floatx())
        raw = tf.cast(raw, dtype)
        return raw if not self.levels else self._to_range(self._unit(raw, seed, dtype))

    def _unit(self, raw, seed, dtype):
        if self.dequantization == "uniform":
            unit = (raw + noise.uniform(tf.shape(raw), seed, dtype)) / self.levels
            # 255 plus the largest U rounds to 256: without this a white pixel in 100,000 would be 1, outside of [0, 1).
            return tf.minimum(unit, np.nextafter(dtype.as_numpy_dtype(1), dtype.as_numpy_dtype(0)))
        unit = raw / (self.levels - 1)
        if self.binarization == "dynamic":
            return tf.cast(noise.uniform(tf.shape(raw), seed, dtype) < unit, dtype)
        return self._thresholded(unit)

    def _thresholded(self, unit):
        return tf.cast(unit > self.threshold, unit.dtype) if self.binarization == "threshold" else unit

    def _to_range(self, unit):
        return 2 * unit - 1 if self.value_range == "symmetric" else unit

    def unit(self, raw):
        """Raw examples in [0, 1] without noise, numpy float32, as an export takes them; real-valued vectors as they are."""
        return np.asarray(raw, np.float32) / np.float32(self.levels - 1 if self.levels else 1)

    def to_unit(self, x):
        """From the model's range to [0, 1]; real-valued vectors stay as they are."""
        return (x + 1) / 2 if self.value_range == "symmetric" else x

    def from_unit(self, images):
        """From images in [0, 1] to the model's range, without noise.

        Threshold binarization is applied. With dynamic and static binarization the images stay as they are: a grey level
        in [0, 1] is the mean of the binary pixel. Real-valued vectors stay as they are.
        """
        return self._to_range(self._thresholded(tf.convert_to_tensor(images)))


def _refuse(preprocessing, field, reason):
    raise config.ConfigError(f"config.data.{field}: {getattr(preprocessing, field)!r} {reason}")
