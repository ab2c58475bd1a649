"""Exports the model of a training run as a SavedModel, a folder or a .tar.gz; or adds it to the pretrained models.

python -m tools.export --workdir runs/ehm_digits --output models/ehm_digits [--evaluation evaluation.json] [--overwrite]
python -m tools.export --workdir runs/ehm_digits --pretrained ehm_digits [--evaluation evaluation.json] [--data_dir DIR]
python -m tools.export --pretrained ehm_digits --data digits        # the one that is there: its record is made anew

A pretrained model is measured on its test data: what the index records of it, tests/export/pretrained_test.py holds it to.
The evaluation file is what `python -m tools.evaluate --workdir runs/ehm_digits > evaluation.json` has written.
"""

import json
import pathlib
import tempfile

from absl import flags

import zoo
from zoo import paths
from zoo.export import card, export, pretrained, record
from zoo.training.workdir import Workdir, restore

from . import binary

WORKDIR = flags.DEFINE_string("workdir", None, "Folder of the training run.")
OUTPUT = flags.DEFINE_string("output", None, "Folder or .tar.gz to write the SavedModel to.")
PRETRAINED = flags.DEFINE_string(
    "pretrained", None, "Name under which to add it to the pretrained models, in place of an output."
)
DATA = flags.DEFINE_string("data", None, "With --pretrained and no run: the data set it is measured on; default as recorded.")
DATA_DIR = flags.DEFINE_string("data_dir", None, "Folder of the data sets; default TFDS_DATA_DIR or ~/tensorflow_datasets.")
EVALUATION = flags.DEFINE_string("evaluation", None, "File with what tools.evaluate printed, for the model's card.")
LICENCE = flags.DEFINE_string("licence", "Apache-2.0", "Licence of the weights, an SPDX identifier.")
OVERWRITE = flags.DEFINE_bool("overwrite", False, "Replace the SavedModel that is there.")


def _evaluation():
    """What tools.evaluate has printed, for the card; empty without a file."""
    if not EVALUATION.value:
        return {}
    try:
        found = json.loads(paths.named(EVALUATION.value).read_text())
    except ValueError:
        found = None
    if not isinstance(found, dict):
        raise ValueError(f"--evaluation {EVALUATION.value}: give the JSON object that tools.evaluate has printed")
    return found


def _check_evaluation(found, model, config):
    """Refuses an evaluation of another step, or on other data."""
    for name, own in (("step", int(model.step.numpy())), ("data", config.data.name)):
        if name in found and found[name] != own:
            raise ValueError(
                f"--evaluation {EVALUATION.value}: is of {name} {found[name]}, and the model of {own}; measure it anew"
            )


def _add(model, about):
    """Adds an archive to the pretrained models; returns where it is, and its endpoints."""
    with tempfile.TemporaryDirectory() as folder:
        made = pathlib.Path(folder, f"{about.name}.tar.gz")
        endpoints = export(model, made, about=about)
        _record(about.name, made, card.summary(model, about), record.told(about.config.data))
    return pretrained.archive_of(about.name), endpoints


def _record(name, archive, summary, data):
    """Adds an archive to the index, with what is found by loading it and measuring it."""
    loaded = zoo.load(archive)
    headline = record.headline(loaded, record.data_of(loaded, data, DATA_DIR.value))
    pretrained.add(name, archive, summary, data=data, headline=headline, fingerprint=record.fingerprint(loaded))
    print(f"{name}: {headline['result']} {headline['value']:.5g} ± {headline['standard_error']:.2g} on {data['name']}")


def _record_anew(name):
    """Records once more what is found of a pretrained model."""
    known = pretrained.index().get(name)
    if known is None:
        raise ValueError(f"--pretrained {name}: no such model; choose from {', '.join(pretrained.index())}, or give --workdir")
    data = {"name": DATA.value} if DATA.value else known.get("data")
    if not data:
        raise ValueError(f"--data is required: the data set that {name} is measured on")
    _record(name, pretrained.archive_of(name), known["summary"], data)


def main(_):
    """Restores the newest good checkpoint, or the best where the run keeps one, and exports it."""
    if bool(OUTPUT.value) == bool(PRETRAINED.value):
        raise ValueError("give either --output, a path, or --pretrained, a name")
    given = {flag.name for flag in (DATA, EVALUATION, LICENCE, OVERWRITE) if flag.present}
    if unused := given & ({"data"} if WORKDIR.value else {"evaluation", "licence", "overwrite"}):
        raise ValueError(f"--{min(unused)} goes {'without' if WORKDIR.value else 'with'} --workdir, the folder of a run")
    if PRETRAINED.value and not WORKDIR.value:
        _record_anew(PRETRAINED.value)
        return
    if not WORKDIR.value:
        raise ValueError("--workdir is required: the folder of the run")
    found = _evaluation()
    model, config = restore(WORKDIR.value)
    _check_evaluation(found, model, config)
    name = PRETRAINED.value or pathlib.Path(OUTPUT.value).name.removesuffix(".tar.gz")
    known = {"fingerprint": Workdir(WORKDIR.value).fingerprint(), "licence": LICENCE.value}
    about = card.about_run(name, config, evaluation=found, **known)
    if PRETRAINED.value:
        path, endpoints = _add(model, about)
    else:
        path, endpoints = OUTPUT.value, export(model, OUTPUT.value, overwrite=OVERWRITE.value, about=about)
    print(f"wrote {path} ({_size(path):,} bytes) at step {int(model.step.numpy())}, with {', '.join(endpoints)}")


def _size(path):
    path = paths.named(path)
    return sum(file.stat().st_size for file in ([path] if path.is_file() else path.rglob("*")) if file.is_file())


def console():
    """The console script `zoo-export`."""
    binary.run(main)


if __name__ == "__main__":
    console()
