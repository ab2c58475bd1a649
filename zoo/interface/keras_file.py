"""A model in Keras' own files: model.save("m.keras"), model.save_weights("m.weights.h5"), and back.

A .keras file holds the experiment, so that what is loaded is built as zoo.build builds it; and, beside the weights, the step,
the slots of all optimizers and the averaged weights, so that training goes on where it was.
"""

import dataclasses
import json
import zipfile

import keras
import numpy as np
from absl import logging

from zoo import paths
from zoo.data import Preprocessing

REGISTERED = "zoo>Model"  # how Keras names the class of such a model in its files


def experiment_of(model):
    """What a model is built from, as JSON can hold it: its config, the shape of x, and how pixels become x."""
    if model.config is None:
        raise ValueError("this model was put together by hand: only one of zoo.build, from a config, can be saved by Keras")
    return {
        "experiment": json.loads(model.config.to_json()),
        "event_shape": list(model.event_shape),
        "preprocessing": dataclasses.asdict(model.preprocessing) if model.preprocessing else None,
    }


def built(experiment, build):
    """The model of `experiment_of`, by a function like zoo.build."""
    given = experiment["preprocessing"]
    return build(
        experiment["experiment"],
        event_shape=tuple(experiment["event_shape"]),
        preprocessing=Preprocessing(**given) if given else None,
    )


def state(step):
    """{name: variable} of what a step has beside the weights: its counts, its averages, and the slots of the optimizers."""
    found = {"step": step.counter, "skipped": step.skipped, "fault": step.fault}
    if step.averages:
        found |= {f"average.{number}": value for number, value in enumerate(step.averages.values)}
    if hasattr(step, "own_state"):
        found |= {f"reduction.{name}": variable for name, variable in step.own_state().items()}
    for name, optimizer in step.optimizers.items():
        found |= {f"optimizer.{name}.{number}": slot for number, slot in enumerate(optimizer.variables)}
    return found


def put(step, stored):
    """Assigns stored arrays by name. Optimizers of another kind start afresh, and a warning says so.

    Raises:
      ValueError: if the averages are of another model.
    """
    own = state(step)
    fits = {name: name in stored and tuple(stored[name].shape) == tuple(own[name].shape) for name in own}
    for network in step.optimizers:
        slots = [name for name in own if name.startswith(f"optimizer.{network}.")]
        if not all(fits[name] for name in slots):
            logging.warning("the optimizer of %s starts afresh: the file holds none of its kind", network)
            fits |= dict.fromkeys(slots, False)
    for name, variable in own.items():
        if fits[name]:
            variable.assign(np.asarray(stored[name]))
        elif not name.startswith("optimizer."):
            raise ValueError(f"the file has no {name} of this model")


def save(model, filepath, overwrite=True, zipped=None, **options):
    """keras.Model.save, as a .keras file.

    Raises:
      ValueError: one line, for another format.
    """
    if not str(filepath).endswith(".keras"):
        raise ValueError(f"{filepath}: a model of the zoo is saved as a .keras file; a SavedModel is written by model.export")
    keras.Model.save(model, filepath, overwrite=overwrite, zipped=zipped, **options)


def refused(name, instead):
    """A method of keras.Model that has no place: it says what to use."""

    def method(self, *arguments, **named):
        raise ValueError(f"{name} has no place here: {instead}")

    method.__doc__ = f"Refused: {instead}."
    return method


def load_model(path, **options):
    """The model of a .keras file that `model.save` has written: keras.models.load_model, of models of the zoo only.

    Args:
      path: of the file. Loading is running a program: load only what you trust.
      **options: of keras.models.load_model.

    Raises:
      ValueError: one line, for a file that is none, or of another model.
      FileNotFoundError: if there is no file.
    """
    path = paths.expanded(path)
    try:
        with zipfile.ZipFile(path) as archive:
            found = json.loads(archive.read("config.json")).get("registered_name")
    except (zipfile.BadZipFile, KeyError, ValueError, AttributeError) as error:
        raise ValueError(f"{path} is no .keras file, or a damaged one: {error}") from error
    if found != REGISTERED:
        raise ValueError(f"{path} holds {found or 'a model'}, and no model of the zoo: load it by keras.models.load_model")
    try:
        return keras.models.load_model(path, **options)
    except (ValueError, TypeError, KeyError, OSError) as error:
        reason = " ".join(str(error).split())[:300]
        raise ValueError(f"{path} is damaged, or of another version of the zoo: {reason}") from error
