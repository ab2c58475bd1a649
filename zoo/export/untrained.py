"""The untrained twin of an exported model: the same config, which the card holds, and the weights that training begins with."""

import json
import pathlib
import re
import tempfile

from zoo.config import ConfigError, experiment
from zoo.export import card, handles
from zoo.export.saved_model import export
from zoo.models import build


def config_of(handle):
    """The experiment that a model was trained by, as its card says it.

    Args:
      handle: as zoo.load takes it. Nothing of it is run.

    Raises:
      ValueError: one line, for a card without a config, or with one that this version does not know.
    """
    with tempfile.TemporaryDirectory(prefix="zoo-") as folder:
        handles.fetch(handle, pathlib.Path(folder))
        file = pathlib.Path(folder, card.NAME)
        text = file.read_text() if file.is_file() else ""
    found = re.search(r"^## Training\n.*?^```json\n(.*?)^```", text, re.DOTALL | re.MULTILINE)
    if not found:
        raise ValueError(f"{handle} does not say how it was trained: its card holds no config; give the run, by --workdir")
    try:
        return experiment(**json.loads(found[1]))
    except (ConfigError, TypeError, json.JSONDecodeError) as error:
        raise ValueError(f"{handle}: the config on its card cannot be used: {error}") from error


def write(config, event_shape, preprocessing, path):
    """Exports an untrained model of a config, which sees x as a trained one does.

    Args:
      config: of both.
      event_shape, preprocessing: of the trained one.
      path: where to.
    """
    model = build(config, event_shape=event_shape)
    model.model.preprocessing = preprocessing
    export(model, path)
