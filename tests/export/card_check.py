"""What is wrong with a model's card: what the sites that show it, and its readers, would miss."""

import json
import math
import re

from zoo.export.card import UNKNOWN

SECTIONS = ("Overview", "Data", "Training", "Evaluation", "Endpoints", "Usage", "Limits", "Licence")
FIELDS = ("format", "asset-path", "task", "dataset", "network-architecture", "fine-tunable", "license", "language")
HEAD = ("license", "library_name", "tags", "datasets", "model-index")


def problems(card, folder=None):
    """What is wrong with a card: a list of lines, empty for a good one.

    Args:
      card: the text of README.md.
      folder: where it stands, to look for the pictures that it shows.
    """
    found = _problems_of_head(card) + _problems_of_body(card)
    for picture in re.findall(r"!\[[^\]]*\]\(([^)]+)\)", card):
        if folder is not None and not (folder / picture).is_file():
            found.append(f"it shows {picture}, which is not there")
    return found


def _problems_of_head(card):
    match = re.match(r"---\n(.*?)\n---\n", card, re.DOTALL)
    if not match:
        return ["it does not begin with a head between two lines of ---"]
    head = {}
    for line in match[1].splitlines():
        key, _, value = line.partition(": ")
        try:
            head[key] = json.loads(value)
        except ValueError:
            return [f"the value of {key!r} in the head is not in JSON's notation"]
    missing = [f"the head has no {key}" for key in HEAD if not head.get(key)]
    return missing or [line for model in head["model-index"] for line in _problems_of_model(model)]


def _problems_of_model(model):
    """Hugging Face takes a model-index only if each result has its task, its data set and numbers."""
    found = [] if model.get("name") else ["a model of the model-index has no name"]
    for result in model.get("results", ()):
        if not result.get("task", {}).get("type"):
            found.append("a result has no task.type")
        if not {"name", "type"} <= result.get("dataset", {}).keys():
            found.append("a result has no dataset.name and dataset.type")
        for metric in result.get("metrics") or [{}]:
            if not metric.get("type") or not isinstance(metric.get("value"), int | float) or not math.isfinite(metric["value"]):
                found.append("a result has a metric without type and finite value")
        if result.get("source", {}).get("name") in (None, UNKNOWN):
            found.append("a result has no command that it came from")
    return found


def _problems_of_body(card):
    found = []
    if not re.search(r"^# Module [\w-]+/[\w.-]+/\d+\n\n\S", card, re.MULTILINE):
        found.append("it has no title '# Module PUBLISHER/NAME/VERSION' with a line on the model below it")
    found += [
        f"the field {name} is missing" for name in FIELDS if not re.search(rf"^<!-- {name}: \S.* -->$", card, re.MULTILINE)
    ]
    titles = re.findall(r"^## (.*)\n\n\S", card, re.MULTILINE)
    found += [f"the section {title} is missing or empty" for title in SECTIONS if title not in titles]
    return found
