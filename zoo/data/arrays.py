"""One's own arrays, from a file of numpy: FILE.npy, or FILE.npz with a key for each split and for its labels.

An .npy file is the training split. In an .npz file `train`, `x_train` or `train_images` are examples, `train_labels` or
`y_train` their labels, and so on for each split (zoo/data/split_names.py); `x`, `images`, `data` or `arr_0` are the training
split where no key names one, with labels `y`, `labels` or `label`. Whatever else a file holds is refused.

Examples are vectors [n, d], grey images [n, height, width], or images [n, height, width, channels]. What their values mean:

    booleans, whole numbers    grey levels from 0 on: 2 of them if none is above 1, else 256, or as many as `levels` says
    floats, images             grey levels again if all of them are k / 255, else real numbers in [0, 1]
    floats, vectors            real numbers
"""

import numpy as np

from zoo import config, paths
from zoo.data import split_names
from zoo.data.dataset import Split

EXAMPLES = ("{}", "x_{}", "{}_x", "{}_images")
LABELS = ("{}_labels", "y_{}", "{}_y")
ALONE = {"x": "examples", "images": "examples", "data": "examples", "arr_0": "examples"}
ALONE |= {"y": "labels", "labels": "labels", "label": "labels"}
GREY = 256
ROUNDED = 1e-4  # of one grey level of 256: what float32 and its arithmetic leave of k / 255


def load(data_dir, *, file: str = "", levels: int = 0):
    """Splits of the arrays in a file.

    Args:
      data_dir: where a relative `file` lies.
      file: an .npy or .npz file; "" for arrays that were given to Python, which no file holds.
      levels: number of grey levels; 0: as the values tell.

    Raises:
      zoo.config.ConfigError: one line.
    """
    if not file:
        _refuse(
            "file",
            "these data were given in memory: give them again (zoo.train and zoo.restore take data=), "
            "or save them by numpy.savez and train with config.data.file",
        )
    path = data_dir / paths.expanded(file)
    if not path.is_file() or path.suffix not in (".npy", ".npz"):
        _refuse("file", f"there is no .npy or .npz file {path}; give a path relative to --data_dir, or absolute")
    examples, labels = _read(path)
    return of_arrays(examples, labels, levels)


def _refuse(field, reason):
    raise config.ConfigError(f"config.data.{field}: {reason}")


def _read(path):
    """({split: examples}, {split: labels})."""
    try:
        found = np.load(path, mmap_mode="r", allow_pickle=False)
        if path.suffix == ".npy":
            return {"train": found}, {}
        return _sorted_out(path, {key: found[key] for key in found.files})
    except config.ConfigError:
        raise
    except Exception as error:  # numpy raises half a dozen kinds for what it cannot read, and zipfile its own
        _refuse("file", f"{path} cannot be read: {str(error).partition(chr(10))[0]}")


def _sorted_out(path, arrays):
    found = {"examples": {}, "labels": {}}
    for key, array in arrays.items():
        kind, split = _meaning(key)
        if kind is None or split in found[kind]:
            wanted = "train, train_labels, test, test_labels (or x_train, y_train ...), or x and y alone"
            _refuse("file", f"{path} holds {key!r} among {', '.join(arrays)}; expected keys {wanted}")
        found[kind][split] = array
    return found["examples"], found["labels"]


def _meaning(key):
    """("examples" or "labels", our name of the split) that a key stands for; (None, None) for none."""
    if key in ALONE:
        return ALONE[key], "train"
    for kind, patterns in (("labels", LABELS), ("examples", EXAMPLES)):
        for pattern in patterns:
            before, after = pattern.split("{}")
            if key.startswith(before) and key.endswith(after):
                split = split_names.ours(key[len(before) : len(key) - len(after)])
                if split:
                    return kind, split
    return None, None


def of_arrays(examples, labels, levels):
    """(splits by name, number of grey levels or 0) of arrays.

    Args:
      examples: {split: array or nested lists}.
      labels: {split: array}, for some of the splits.
      levels: number of grey levels; 0: as the values tell.

    Raises:
      zoo.config.ConfigError: one line, for what is no examples or no labels.
    """
    if "train" not in examples or set(labels) - set(examples):
        _refuse("file", f"labels go with examples, and examples with a split train; found {', '.join([*examples, *labels])}")
    arrays = {name: _as_examples(f"{name} split", given) for name, given in examples.items()}
    whole, levels = _meaning_of_values(arrays["train"], levels)
    numbers = numbered({name: _array(f"{name} labels", given) for name, given in labels.items()}, arrays)
    splits = {name: Split(whole(array), numbers.get(name)) for name, array in arrays.items()}
    return splits, levels


def _array(name, given):
    try:
        return np.asarray(given)
    except ValueError:
        _refuse("name", f"the {name} is no array: its rows have different shapes")


def _as_examples(name, given):
    array = _array(name, given)
    if array.ndim == 3:
        array = array[..., np.newaxis]
    if array.ndim not in (2, 4):
        kinds = "[n, d], [n, height, width] or [n, height, width, channels]"
        _refuse("name", f"the {name} has shape {array.shape}; expected {kinds}")
    if array.ndim == 4 and array.shape[1] in (1, 3) and array.shape[-1] > 4:
        _refuse("name", f"the {name} has shape {array.shape}: channels come last, as in [n, height, width, channels]")
    return array


def _meaning_of_values(train, levels):
    """(what makes raw examples of an array, the number of grey levels) by the values of the training split."""
    if train.dtype.kind == "b":
        return lambda array: array.astype(np.uint8) if array.dtype.kind == "b" else array, levels or 2
    if train.dtype.kind in "iu":
        levels = levels or (2 if train.size and 0 <= train.min() <= train.max() <= 1 else GREY)
        return lambda array: _small(array, levels), levels
    if train.dtype.kind != "f" or train.ndim == 2 or not train.size or not np.isfinite(train).all():
        return lambda array: array, levels
    low, high = float(train.min()), float(train.max())
    if low < 0 or high > 1:
        told = "give uint8 grey levels (config.data.value_range says what the model sees of them), or scale to [0, 1]"
        _refuse("name", f"images of floats must be in [0, 1], found values from {low:g} to {high:g}; {told}")
    most = (levels or GREY) - 1
    if np.abs(train * most - np.round(train * most)).max() > ROUNDED * most / (GREY - 1):
        return lambda array: array, levels
    if not levels and np.isin(train, (0, 1)).all():
        most, levels = 1, 2
    return lambda array: _scaled(array, most), levels or GREY


def _small(array, levels):
    """In the smallest type, where the values fit."""
    fits = array.dtype.kind in "iub" and array.size and array.min() >= 0 and array.max() < min(levels, GREY)
    return array.astype(np.uint8) if fits and array.dtype != np.uint8 else array


def _scaled(array, most):
    """Whole numbers k of floats k / most; other values stay as they are, and are refused for it."""
    if array.dtype.kind != "f" or not np.isfinite(array).all():
        return array
    whole = np.round(array * most)
    return _small(whole.astype(np.int64), most + 1) if np.abs(array * most - whole).max() < 0.01 else array


def numbered(labels, examples):
    """Labels as numbers, {split: int64 [n]}: whole numbers as they are; words by their place among all words, sorted.

    Args:
      labels: {split: array}.
      examples: {split: what has their length}.

    Raises:
      zoo.config.ConfigError: one line, for what is no labels of these examples.
    """
    kinds = {array.dtype.kind for array in labels.values()}
    for name, array in labels.items():
        if array.ndim and len(array) != len(examples[name]):
            _refuse("name", f"the {name} split has {len(examples[name])} examples, but {len(array)} labels")
        if array.ndim != 1 or (not kinds <= {"i", "u", "b"} and not kinds <= {"U", "S"}):
            found = f"{array.dtype} of shape {array.shape}"
            _refuse("name", f"the {name} labels must be whole numbers or words, one an example, found {found}")
        if array.dtype.kind == "i" and array.size and array.min() < 0:
            _refuse("name", f"the {name} labels must be whole numbers from 0 on, found {array.min()}")
    if not kinds or kinds <= {"i", "u", "b"}:
        return {name: array.astype(np.int64) for name, array in labels.items()}
    words = np.unique(np.concatenate(list(labels.values())))
    return {name: np.searchsorted(words, array) for name, array in labels.items()}
