"""A data set: its splits, and batches of them as a pure function of (seed, step)."""

import hashlib

import numpy as np
import tensorflow as tf

from zoo import config
from zoo.data import order, values
from zoo.data.batch import LABEL, MASK
from zoo.data.preprocessing import CHOICES

RESIDENT_BYTES = 2**30  # a split of at most 1 GiB is kept whole in the device's memory, and batches are index vectors
# Fields of a config's `data` section that two users of one data set need not agree on.
NO_MATTER = {"batch_size", "max_unreadable", "allow_download", "augment_flip", "augment_shift"}
AHEAD = 128  # batches whose indices are computed at once


class Split:
    """The raw examples of one split, in memory or read one at a time.

    Attributes:
      size: number of examples.
      labels: int numpy array [size], or None; read when first asked for, where a function of no arguments was given.
      array: numpy array [size, *event_shape], whole grey levels from 0 on (uint8 if they fit) or float32 vectors; None if the
        examples are read one at a time.
      source: of what is read from disk, bytes that change when it does (names and sizes of the files); b"" if not known.
    """

    def __init__(self, array=None, labels=None, *, read=None, size=None, source=b""):
        """Give either `array`, or `read` (index -> numpy array of one raw example, callable from any thread) and `size`."""
        self.array = None if array is None else np.asarray(array)
        self._labels = labels
        self.source = source
        self.size = len(self.array) if read is None else size
        self._read = self.array.__getitem__ if read is None else read

    @property
    def labels(self):
        """int numpy array [size], or None."""
        if callable(self._labels):
            self._labels = self._labels()
        return self._labels

    @property
    def labels_known(self):
        """Whether the labels have been read, or there are none."""
        return not callable(self._labels)

    def read(self, index):
        """One raw example, a numpy array of shape event_shape."""
        return self._read(index)

    def read_batch(self, indices):
        """Raw examples [len(indices), *event_shape]."""
        return np.stack([self._read(i) for i in indices]) if self.array is None else self.array[indices]

    def subset(self, indices):
        """The split of these examples, in this order."""
        labels = self._labels
        if labels is not None:
            labels = labels[indices] if self.labels_known else lambda: self.labels[indices]
        if self.array is None:
            return Split(labels=labels, read=lambda i: self._read(indices[i]), size=len(indices), source=self.source)
        return Split(self.array[indices], labels)

    def read_by(self, read):
        """The same examples, with another function that reads one."""
        return Split(labels=self._labels, read=read, size=self.size, source=self.source)

    @property
    def resident(self):
        """Whether batches are index vectors into an array that fits into the device's memory."""
        return self.array is not None and self.array.nbytes <= RESIDENT_BYTES


class Dataset:
    """Splits by name, and what the model sees of them. A plain object: a keras.Model does not track what it holds.

    Attributes:
      name: as in the config.
      preprocessing: a zoo.data.Preprocessing.
      splits: {"train": Split, "test": Split} and, if there is one, "validation".
      fingerprint: changes when the examples do, as far as that can be told without reading them all from disk.
      section: the `data` section of the config that it was loaded by, a dictionary; None for one that was made by hand.
      failure: the exception that ended the reading of batches, of which tf.data passes on the words only; or None.
    """

    def __init__(self, name, splits, preprocessing, fingerprint="", section=None):
        """Raises zoo.config.ConfigError for examples in memory that are not what the preprocessing says."""
        self.name = name
        self.splits = splits
        self.preprocessing = preprocessing
        self.fingerprint = fingerprint
        self.section = section
        for split, examples in splits.items():
            values.check_split(f"{split} split of {name}", examples, preprocessing.event_shape, preprocessing.levels)
        self.failure = None
        self._placed = {}

    @property
    def event_shape(self):
        """Shape of one example."""
        return self.preprocessing.event_shape

    def size(self, split):
        """Number of examples."""
        return self._split(split).size

    def check_section(self, section):
        """Refuses a config that describes other data than these.

        Args:
          section: the checked `config.data`. How its examples are batched, and what is done with damage, may differ.

        Raises:
          zoo.config.ConfigError: one line, with the first field that differs and both values.
        """
        own = self.section or {field: getattr(self.preprocessing, field) for field in CHOICES}
        for field in sorted(own.keys() - NO_MATTER, key=lambda field: (field != "name", field)):
            if section.get(field) != own[field]:
                given = f"{section.get(field)!r} in the config, but {own[field]!r} in the data set that it is given"
                raise config.ConfigError(f"config.data.{field}: {given}; load the data by this config")

    def key(self, split):
        """The name under which a batch holds the examples of a split: other data, or another cut of them, have another."""
        return f"{split} ({self.size(split)}) of {self.name} {self.fingerprint[:8]}".rstrip()

    def known_by(self, model):
        """What a run knows its data by: the fingerprint, and for a model that is told labels these too.

        Args:
          model: the checked `config.model`.
        """
        if model.condition == "none":
            return self.fingerprint
        found = hashlib.sha256(self.fingerprint.encode())
        for split in sorted(self.splits):
            labels = self.labels(split)
            found.update(b"" if labels is None else np.asarray(labels, np.int64).tobytes())
        return found.hexdigest()

    def labels(self, split):
        """int numpy array [size], or None where the data have no labels."""
        return self._split(split).labels

    def batches(self, split, batch_size, *, seed, start_step=0, steps=None, labels=False):
        """Shuffled training batches, each a pure function of (seed, step): see zoo.data.order.shuffled_batch.

        Args:
          split: its name.
          batch_size: examples of the global batch.
          seed: the run's seed, a Python integer.
          start_step: the step of the first batch.
          steps: how many batches; None for no end.
          labels: whether the batches have a "label" too.

        Returns:
          tf.data.Dataset of dictionaries (zoo/data/batch.py): under `key(split)` a resident split gives int32 index vectors
          [batch_size], any other raw examples [batch_size, *event_shape]. `decode` takes both.

        Raises:
          zoo.config.ConfigError: if the batch is larger than the split, or for labels that the split does not have.
        """
        size = self.size(split)
        if batch_size > size:
            found = f"the {split} split of {self.name} has {size} examples"
            raise config.ConfigError(f"config.data.batch_size: must be at most {size}, found {batch_size}: {found}")
        # Many batches are drawn at once: one at a time takes longer than a small network's step has to spare.
        several = lambda step: {self.key(split): order.shuffled_batches(step, AHEAD, batch_size, size, seed)}  # noqa: E731
        indices = tf.data.Dataset.counter(start_step, AHEAD).map(several).unbatch().take(-1 if steps is None else steps)
        indices = indices.apply(
            tf.data.experimental.assert_cardinality(tf.data.INFINITE_CARDINALITY if steps is None else steps)
        )
        return self._with_examples(split, indices, labels)

    def ordered_batches(self, split, batch_size, labels=False):
        """One pass in order. The last batch is padded with the last example.

        Args:
          split, batch_size, labels: as in `batches`.

        Returns:
          tf.data.Dataset of known cardinality; its elements are those of `batches` with a "mask" beside the examples:
          float32 [batch_size], 1, or 0 for padding.
        """
        size = self.size(split)

        def indices_and_mask(batch):
            index = batch * batch_size + tf.range(batch_size, dtype=tf.int64)
            return {self.key(split): tf.cast(tf.minimum(index, size - 1), tf.int32), MASK: tf.cast(index < size, tf.float32)}

        return self._with_examples(split, tf.data.Dataset.range(-(-size // batch_size)).map(indices_and_mask), labels)

    def _with_examples(self, name, batches, labels):
        """Adds the labels if they are asked for, and replaces the index vectors by raw batches unless the split is resident."""
        split, key = self._split(name), self.key(name)
        if labels:
            if split.labels is None:
                raise config.ConfigError(f"the {name} split of {self.name} has no labels")
            batches = batches.map(lambda batch: batch | {LABEL: tf.gather(tf.constant(split.labels), batch[key])})
        if split.resident:
            return batches
        example = split.read(0)

        def read_batch(index):
            try:
                raw = split.read_batch(index)
                values.check(f"{name} split of {self.name}", raw, self.event_shape, self.preprocessing.levels)
                return raw
            except (ValueError, OSError) as error:
                self.failure = error
                raise

        def with_examples(batch):
            raw = tf.numpy_function(read_batch, [batch[key]], example.dtype)
            raw.set_shape([*batch[key].shape, *example.shape])
            return batch | {key: raw}

        read = batches.map(with_examples, num_parallel_calls=tf.data.AUTOTUNE, deterministic=True)
        return read.prefetch(tf.data.AUTOTUNE)

    def place(self, split):
        """Puts a resident split into a variable on the device, or on each replica of the tf.distribute scope in force.

        Nothing happens if it is there already, or if the split is not resident. Call it outside of tf.function, and before
        the first `decode` of index vectors.
        """
        if tf.inside_function():
            raise RuntimeError("Dataset.place makes a variable: call it outside of tf.function")
        if split not in self._placed and self._split(split).resident:
            array = self._split(split).array
            if array.dtype == np.uint8 and tf.distribute.get_strategy().cluster_resolver is not None:
                # Between workers a new variable is sent, and uint8 cannot be. A half holds every integer up to 2048.
                array = array.astype(np.float16)
            # Each example in a row, which XLA gathers twice as fast as pictures of one channel.
            self._placed[split] = tf.Variable(array.reshape(len(array), -1), trainable=False, name=f"{split}_examples")

    def decode(self, batch, seed, dtype=None):
        """x of shape [batch, *event_shape] in the model's range.

        Works in tf.function, under XLA and inside strategy.run, where it takes the replica's slice of the batch.

        Args:
          batch: an element of `batches` or `ordered_batches`, of any split.
          seed: int32 [2], for dequantization or dynamic binarization.
          dtype: of x; None for keras.config.floatx().

        Raises:
          ValueError: for a batch of another data set.
          RuntimeError: for index vectors of a split that was not placed.
        """
        split, examples = self._examples(batch)
        if self._split(split).resident:
            if split not in self._placed:
                raise RuntimeError(f"call place({split!r}) before decoding index vectors of the {split} split")
            array = self._split(split).array
            rows = tf.cast(tf.gather(self._placed[split], examples), array.dtype)
            examples = tf.reshape(rows, tf.concat([tf.shape(rows)[:1], array.shape[1:]], 0))
        return self.preprocessing(examples, seed, dtype)

    def _examples(self, batch):
        """(the split that a batch belongs to, its index vector or raw examples)."""
        for split in self.splits:
            if self.key(split) in batch:
                return split, batch[self.key(split)]
        wanted, found = ", ".join(map(self.key, self.splits)), ", ".join(batch)
        raise ValueError(
            f"expected a batch of {wanted}, found one of {found}: give batches of the model's own data set, or of x"
        )

    def _split(self, name):
        if name not in self.splits:
            raise config.ConfigError(f"data set {self.name!r} has no split {name!r}; choose from {', '.join(self.splits)}")
        return self.splits[name]
