"""Measures one run of a study, in a process of its own: the questions in its folder are answered one file each.

questions.json    {"experiment", "floor", "measures": {key: {"measure", "options", "net"}}}; `features` is a folder or pixels,
                  net the hash of a study's own net, or null
train/            the run
measures/KEY.json the answer, with the question; what is there is not asked again
subject.json      {"parameters": {network: how many}}
"""

import functools
import json
import pathlib
import time

from zoo import data as data_sets
from zoo.config import ConfigError, check
from zoo.evaluation import results, running
from zoo.studies import jobs
from zoo.studies.results import FREE
from zoo.studies.study import file_name
from zoo.training.workdir import changed_fields, restore, write_json


def answer_file(folder, key):
    """Where the answer of a measure is kept."""
    return pathlib.Path(folder, "measures", f"{file_name(key)}.json")


def read_json(path):
    """What a JSON file holds; None if it is not there."""
    return json.loads(path.read_text()) if path.is_file() else None


def answered(folder, key, asked):
    """The answer that is there already to this very question, or None."""
    found = read_json(answer_file(folder, key))
    return found if found and _same(found["asked"], json.loads(json.dumps(asked))) else None


def _same(then, now):
    """Whether two questions are the same; what has become a field or an option since has its default."""
    if (then["measure"], then.get("net")) != (now["measure"], now["net"]):
        return False
    options = json.loads(json.dumps(jobs.defaults(now["measure"]))) | then["options"]
    try:
        return options == now["options"] and check(then["experiment"]) == check(now["experiment"])
    except ConfigError:
        return False


def measure(folder, data_dir=None):
    """Answers what has no answer yet.

    Args:
      folder: of the run.
      data_dir: where data sets lie.

    Raises:
      ValueError: one line, if the run cannot be restored, or its data not be loaded.
    """
    folder = pathlib.Path(folder)
    asked = read_json(folder / "questions.json")
    if asked is None:
        raise ValueError(f"{folder} is no run of a study: it has no questions.json")
    answer_file(folder, "any").parent.mkdir(exist_ok=True)
    data = functools.cache(lambda: data_sets.load(check(asked["experiment"]).data, data_dir))
    model = functools.cache(lambda: None if asked["floor"] else _restored(folder, check(asked["experiment"]), data()))
    for key, question in asked["measures"].items():
        question = {"experiment": asked["experiment"], **question}
        if not answered(folder, key, question):
            began = time.monotonic()
            found = running.evaluate(model(), data(), [question["measure"]], _options(question["options"]))
            print(f"measured {key} in {time.monotonic() - began:.0f} s", flush=True)
            write_json(answer_file(folder, key), {"asked": question} | flat(found))


def _restored(folder, experiment, data):
    model, trained = restore(folder / "train", data)
    # A study's file, or a config's, may be another than the one that the training began with.
    if changed := changed_fields(trained, experiment, FREE):
        raise ValueError(f"{folder / 'train'} holds another experiment: {'; '.join(changed)}; remove {folder} to train it anew")
    parameters = {name: sum(int(v.shape.num_elements()) for v in found) for name, found in model.networks().items()}
    write_json(folder / "subject.json", {"parameters": parameters})
    return model


def _options(given):
    return {name: tuple(value) if isinstance(value, list) else value for name, value in given.items()}


def flat(found):
    """What measures have found, as a line of the results holds it: {"values", "reasons", "failed", "settings"}."""
    numbers = {path: item for path, item in results.results(found) if not isinstance(item.value, dict)}
    return {
        "values": {path: [item.value, item.standard_error] for path, item in numbers.items()},
        "reasons": results.reasons(found),
        "failed": sorted(results.reasons(found, failed=True)),
        "settings": {name: item for name, item in found.items() if not isinstance(item, results.Result)},
    }
