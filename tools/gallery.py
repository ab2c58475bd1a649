"""Draws the figures of the documentation from pretrained models, or from any others: the same bytes each time.

python -m tools.gallery --output docs/gallery [--models ehm_digits,vae_digits] [--seed 0]
python -m tools.gallery --output gallery --models models/mine --data mnist

DIR/README.md shows them all; DIR/NAME/ has those of a model, DIR/DATA.png the models of one data set side by side.
"""

import re

from absl import flags

from zoo import atomic, config_files, paths
from zoo.evaluation import compared, figures
from zoo.export import pretrained

from . import _subject, binary

NAME = "tools.gallery"
SIDE = 64  # pixels of one image: 8x8 digits at their own size cannot be read
MODELS = flags.DEFINE_list("models", None, "Handles that zoo.load takes; default all pretrained models.")
DATA = flags.DEFINE_string("data", None, "Name of the data set of models that are not of the zoo's configs.")
DATA_DIR = flags.DEFINE_string("data_dir", None, "Folder of the data sets; default TFDS_DATA_DIR or ~/tensorflow_datasets.")
OUTPUT = flags.DEFINE_string("output", None, "Folder of the figures.")
SEED = flags.DEFINE_integer("seed", 0, "Of the draws.", lower_bound=0)


def _subjects(handles):
    """{name: Subject}; all are loaded before the first is drawn."""
    found = {}
    for handle in handles:
        own = DATA.value or (config_files.load(handle).data.name if handle in config_files.names() else None)
        subject = _subject.load(None, handle, own, DATA_DIR.value)
        if subject.name in found:
            raise ValueError(f"--models: two of them are called {subject.name}; their figures would lie in one folder")
        found[subject.name] = subject
    return found


def _file(caption):
    """A caption as the name of a file."""
    return re.sub("[^a-z0-9]+", "_", caption.lower())[:40].strip("_") + ".png"


def _draw(path, content):
    path.parent.mkdir(exist_ok=True)
    with atomic.file(path) as file:
        file.write(content)


def _of_model(subject, output):
    """Draws one model's figures; returns the lines that show them."""
    lines = [f"## {subject.name}"]
    for caption, content in figures.pictures(subject.model, subject.data, SEED.value, SIDE, smooth=True).items():
        path = f"{subject.name}/{_file(caption)}"
        _draw(output / path, content)
        lines.append(f"![{caption}]({path})\n\n*{caption}.*")
    return lines


def _side_by_side(subjects, output):
    """Draws the models of each data set of images in one figure, where there are several."""
    groups, lines = {}, []
    for name, subject in subjects.items():
        if len(subject.data.event_shape) == 3:
            groups.setdefault(subject.data.name, {})[name] = (subject.model, subject.data)
    for data, models in groups.items():
        if len(models) > 1:
            _draw(output / f"{data}.png", compared.figure(models, SEED.value))
            lines.append(f"## {data}: side by side\n\n![{', '.join(models)} on {data}]({data}.png)")
    return lines


def main(_):
    """Draws, and writes the page."""
    output = paths.to_write(OUTPUT.value, "output")
    atomic.check_written_by(NAME, output / "README.md")
    handles = MODELS.value or list(pretrained.index())
    subjects = _subjects(handles)
    output.mkdir(exist_ok=True)
    given = [("models", ",".join(MODELS.value or ())), ("data", DATA.value), ("seed", SEED.value)]
    command = " ".join([f"python -m {NAME} --output {output}", *(f"--{flag} {value}" for flag, value in given if value)])
    text = f"Made by `{command}`. Images of very few pixels are enlarged smoothly."
    lines = ["# Gallery", text, *_side_by_side(subjects, output)]
    for subject in subjects.values():
        lines += _of_model(subject, output)
    atomic.write_marked(NAME, output / "README.md", "\n\n".join(lines) + "\n")
    print(f"wrote the figures of {', '.join(subjects)} to {output}")


def console():
    """The console script `zoo-gallery`."""
    binary.run(main, required=["output"])


if __name__ == "__main__":
    console()
