"""Draws what lies between pictures, by way of their codes: a row from each picture to the next, or between samples.

python -m tools.interpolate --model ehm_digits --output between.png [--rows 6] [--seed 0]
python -m tools.interpolate --workdir runs/faces --pictures a.png,b.png,c.png --steps 10 --path spherical --output between.png

A model without an encoder has no codes of pictures: leave out --pictures. Dark drawings on white paper want --invert.
"""

from absl import flags

from zoo.applications import codes
from zoo.applications.interpolation import PATHS, between
from zoo.evaluation import draws, waiting
from zoo.evaluation.pictures import grid, save_png

from . import _pictures as pictures
from . import binary

OUTPUT = flags.DEFINE_string("output", None, "The .png file to write.")
STEPS = flags.DEFINE_integer("steps", 8, "Pictures of a row, both ends included.", lower_bound=2)
ROWS = flags.DEFINE_integer("rows", 6, "Without --pictures: how many pairs of samples.", lower_bound=1)
PATH = flags.DEFINE_enum("path", "linear", list(PATHS), "Of the codes: a line, or part of a great circle.")


def _ends(model):
    """Codes at which rows begin, and at which they end."""
    if not pictures.PICTURES.value:
        z = draws.codes(model, 2 * ROWS.value, pictures.SEED.value)
        return z[::2], z[1::2]
    chosen = pictures.named()
    if len(chosen) < 2:
        raise ValueError(f"--pictures: a row leads from one picture to the next, so give two or more, found {len(chosen)}")
    z = codes.of(model, pictures.examples(chosen, model, model.preprocessing))
    return z[:-1], z[1:]


def main(_):
    """Loads, encodes, draws."""
    output = pictures.png(OUTPUT)
    model = pictures.model()
    with waiting.told():
        start, end = _ends(model)
        with waiting.task(f"drawing {len(start)} rows"):
            x = between(model, start, end, STEPS.value, PATH.value)
    images = pictures.shown(model, x.reshape(-1, *x.shape[2:]))
    save_png(grid(images, STEPS.value), output)
    print(f"wrote {len(start)} rows of {STEPS.value} pictures to {output}")


def console():
    """The console script `zoo-interpolate`."""
    binary.run(main, required=["output"])


if __name__ == "__main__":
    console()
