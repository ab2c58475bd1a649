"""Fills in what is missing of pictures, by draws from the model given what is seen.

python -m tools.impute --model ehm_digits --pictures a.png,b.png --missing=bottom --output filled.png
python -m tools.impute --workdir runs/faces --pictures FOLDER --missing mask.png --draws 3 --output filled.png

A row is a picture, what is seen of it (the rest grey), and the draws. How they come about, and what their limit is, says
zoo/applications/imputation.py. With --folder=DIR each draw is a PNG file of its own as well.
"""

import numpy as np
from absl import flags

from zoo import paths
from zoo.applications import impute
from zoo.data import pictures as decoding
from zoo.evaluation import waiting
from zoo.evaluation.pictures import grid, save_png

from . import _pictures as pictures
from . import binary

HALVES = {  # row and column of a pixel in [0, 1) -> whether it is missing
    "top": lambda row, column: row < 0.5,
    "bottom": lambda row, column: row >= 0.5,
    "left": lambda row, column: column < 0.5,
    "right": lambda row, column: column >= 0.5,
}
MISSING = flags.DEFINE_string("missing", None, f"{', '.join(HALVES)}: a half; or a picture, white where pixels are missing.")
OUTPUT = flags.DEFINE_string("output", None, "The .png file to write.")
FOLDER = flags.DEFINE_string("folder", None, "A folder to make, with a PNG file for each draw.")
DRAWS = flags.DEFINE_integer("draws", 4, "Of each picture.", lower_bound=1)
GIBBS = flags.DEFINE_integer("gibbs", 20, "Rounds that find the neighbourhood.", lower_bound=0)
METROPOLIS = flags.DEFINE_integer("metropolis", 100, "Rounds whose limit is what is asked for.", lower_bound=0)
GREY = 0.5


def _missing(shape):
    """bool [height, width, channels]."""
    height, width, _ = shape
    if MISSING.value in HALVES:
        row, column = np.indices((height, width)) / np.reshape([height, width], [2, 1, 1])
        found = HALVES[MISSING.value](row, column)[..., np.newaxis]
    elif paths.named(MISSING.value).is_file():
        found = decoding.decode(paths.named(MISSING.value), MISSING.value, (height, width), 1) > 127
    else:
        raise ValueError(
            f"--missing {MISSING.value}: choose from {', '.join(HALVES)}, or give a picture; there is no such file"
        )
    if not found.any():
        raise ValueError(f"--missing {MISSING.value}: nothing is missing: no pixel of it is white")
    return np.broadcast_to(found, shape)


def _folder():
    """The folder of single pictures, or None.

    Raises:
      ValueError: one line, if it is there already or cannot be made.
    """
    path = paths.named(FOLDER.value) if FOLDER.value else None
    if path and (path.exists() or not path.absolute().parent.is_dir()):
        raise ValueError(f"--folder {path}: must be a new folder in one that is there")
    return path


def _save_each(images, folder):
    """images [n, draws, height, width, channels] as 00000-0.png, 00000-1.png, ..."""
    folder.mkdir()
    for number, row in enumerate(np.round(255 * np.clip(images, 0, 1)).astype(np.uint8)):
        for draw, pixels in enumerate(row):
            save_png(pixels, folder / f"{number:05d}-{draw}.png")


def main(_):
    """Loads, fills in, draws."""
    output, folder, model = pictures.png(OUTPUT), _folder(), pictures.model()
    missing, chosen = _missing(model.event_shape), pictures.named()
    with waiting.told():
        x = pictures.examples(chosen, model, model.preprocessing)
        with waiting.task(f"filling in {len(x)} pictures, {DRAWS.value} draws each"):
            every = np.repeat(x, DRAWS.value, 0)
            filled, taken = impute(model, every, ~missing, GIBBS.value, METROPOLIS.value, pictures.SEED.value)
    drawn = pictures.shown(model, filled).reshape(len(x), DRAWS.value, *x.shape[1:])
    whole = pictures.shown(model, x)[:, np.newaxis]
    rows = np.concatenate([whole, np.where(missing, GREY, whole), drawn], 1)
    save_png(grid(rows.reshape(-1, *x.shape[1:]), rows.shape[1]), output)
    if folder:
        _save_each(drawn, folder)
    share = f"{100 * np.mean(taken):.0f}% of the proposals were taken" if METROPOLIS.value else "by pseudo-Gibbs sampling alone"
    print(f"wrote {DRAWS.value} draws of {len(x)} pictures to {output}; {share}")


def console():
    """The console script `zoo-impute`."""
    binary.run(main, required=["missing", "output", "pictures"])


if __name__ == "__main__":
    console()
