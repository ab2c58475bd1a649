"""What is evaluated: the model of a run or an exported one, and the data it is measured on."""

import dataclasses
import json
import pathlib

import zoo
from zoo import data as data_sets
from zoo import paths
from zoo.config import ConfigError
from zoo.evaluation.exported import Exported
from zoo.training.logs import complete_lines
from zoo.training.workdir import Workdir, restore


@dataclasses.dataclass(frozen=True)
class Subject:
    """A model and its data.

    Attributes:
      name: of the folder.
      model: a zoo.evaluation.subject.Subject.
      data: a Dataset.
      setup: what every result has to be quoted with.
      curves: the lines of metrics.jsonl; empty for an exported model.
    """

    name: str
    model: object
    data: object
    setup: dict
    curves: list


def load(workdir, model, data, data_dir):
    """The subject that the flags name.

    Raises:
      ValueError: if not exactly one of workdir and model is given, or the data of a model are not known.
    """
    if bool(workdir) == bool(model):
        raise ValueError("give either --workdir, the folder of a run, or --model, the folder of a SavedModel")
    if data and not model:
        raise ValueError("--data goes with --model; a run is measured on the data it was trained on")
    return _run(workdir, data_dir) if workdir else _exported(model, data, data_dir)


def _setup(data, **more):
    preprocessing = data.preprocessing
    return {"data": data.name, "split": "test", "binarization": preprocessing.binarization} | more


def _run(workdir, data_dir):
    data = data_sets.load(Workdir(workdir).read()[0].data, data_dir)
    model, _ = restore(workdir, data)
    setup = _setup(data, dequantization=data.preprocessing.dequantization, step=int(model.step.numpy()))
    return Subject(pathlib.Path(workdir).name, model, data, setup, curves(workdir))


def _exported(path, name, data_dir):
    model = Exported(zoo.load(path))
    section = _data_section(path, name)
    section.update(model.seen)
    try:
        data = data_sets.load(section, data_dir)
    except ConfigError as error:
        raise ValueError(f"--model {path} makes x of shape {model.event_shape}, and {name} is other data: {error}") from error
    if model.event_shape != tuple(data.event_shape):
        raise ValueError(
            f"--model {path} makes x of shape {model.event_shape}, and {data.name} is of {tuple(data.event_shape)}"
        )
    path = pathlib.Path(path).absolute()
    return Subject(path.parent.name if path.name == "saved_model" else path.name, model, data, _setup(data), [])


def _data_section(path, name):
    """The data of the run that the model lies in, or a named set."""
    if name:
        return zoo.experiment(data={"name": name}, model={}, training={}).data
    run = paths.named(path).absolute().parent
    if not (run / "config.json").is_file():
        raise ValueError("--data is required: the name of the data set that the model is measured on")
    return Workdir(run).read()[0].data


def curves(workdir):
    """The lines of a run's metrics.jsonl, as dictionaries."""
    return [json.loads(line) for line in complete_lines(paths.named(workdir) / "metrics.jsonl")]
