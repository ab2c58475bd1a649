"""Slices of the splits of TensorFlow Datasets: train[:80%], train[100:200]+test, as TFDS writes them."""

import numpy as np

from zoo import config
from zoo.data.dataset import Split


def of(name, splits, asked):
    """{our split: {their split: rows}} of what is asked for, the rows in order.

    Args:
      name: of the set.
      splits: {their split: a SplitInfo of TFDS}.
      asked: {our split: a split of theirs, or slices}.

    Raises:
      zoo.config.ConfigError: for slices that cannot be read, of splits that are not there, without rows, or with rows of
        another of our splits.
    """
    found = {ours: _rows(name, splits, ours, given) for ours, given in asked.items()}
    names = list(found)
    for ours in names:
        for other in names[: names.index(ours)]:
            shared = sum(len(np.intersect1d(rows, found[other].get(split, []))) for split, rows in found[ours].items())
            if shared:
                reason = (
                    f"{asked[ours]} shares {shared} examples with {asked[other]}, the {other} split; slices must not overlap"
                )
                raise config.ConfigError(f"config.data.{ours}: {reason}")
    return found


def _rows(name, splits, ours, given):
    import tensorflow_datasets as tfds  # slow, and of no use to the built-in sets

    if given in splits:
        return {given: np.arange(splits[given].num_examples)}
    try:
        parts = tfds.core.ReadInstruction.from_spec(given).to_absolute(splits)
    except (ValueError, AssertionError, KeyError) as error:
        reason = str(error).strip().splitlines()[-1]
        raise config.ConfigError(
            f"config.data.{ours}: {given!r} is no slice of {name}, whose splits are {', '.join(splits)}: {reason}"
        ) from error
    rows = {}
    for part in parts:
        chosen = np.arange(splits[part.splitname].num_examples)[part.from_ : part.to]
        rows[part.splitname] = np.union1d(rows.get(part.splitname, chosen), chosen)
    if not sum(map(len, rows.values())):
        raise config.ConfigError(f"config.data.{ours}: {given!r} holds no examples of {name}")
    return rows


def taken(parts, whole):
    """The split of these rows.

    Args:
      parts: {their split: rows}.
      whole: their split -> Split.
    """
    found = [whole(split) if len(rows) == whole(split).size else whole(split).subset(rows) for split, rows in parts.items()]
    if len(found) == 1:
        return found[0]
    labels = None if any(split.labels is None for split in found) else np.concatenate([split.labels for split in found])
    if all(split.array is not None for split in found):
        return Split(np.concatenate([split.array for split in found]), labels)
    ends = np.cumsum([split.size for split in found])

    def read(index):
        owner = int(np.searchsorted(ends, index, side="right"))
        return found[owner].read(index - (ends[owner] - found[owner].size))

    return Split(labels=labels, read=read, size=int(ends[-1]), source=b" ".join(split.source for split in found))
