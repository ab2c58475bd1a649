"""Every config builds and takes two steps, with smaller networks and batches. A new file is found by itself.

Built-in data are the real ones. Of all others there are random examples of the right shape in the right range.
"""

import ast
import importlib
import re

import numpy as np
import pytest
import tensorflow as tf

import zoo
from tests.repository import ROOT

BATCH = 8
NAMES = sorted(path.stem for path in (ROOT / "configs").glob("*.py") if path.stem != "__init__")
BUILT_IN = ("bars", "digits", "rings", "toy4", "toy4_20")
# What takes the place of a number in a section of a part; layers are as many as before.
SMALL = {"hidden_sizes": 8, "width": 4, "components": 3, "feature_size": 8, "num_samples": 3, "num_couplings": 2, "steps": 2}


def shrink(section):
    """Makes everything in a section of a config, and in the sections in it, small."""
    for key, value in section.items():
        if hasattr(value, "items"):
            shrink(value)
        elif key in SMALL:
            section[key] = (SMALL[key],) * len(value) if isinstance(value, tuple) else min(value, SMALL[key])


def small_config(name):
    """The config of a file, shrunk."""
    config = importlib.import_module(f"configs.{name}").get_config()
    shrink(config.model)
    config.data.batch_size = BATCH
    return config


def event_shape(config):
    """Of the images that a config is about, by what it says of its data."""
    if side := config.data.image_size:
        return (side, side, 3)
    assert config.data.name in ("mnist", "binarized_mnist"), f"tell this test the shape of {config.data.name}"
    return (28, 28, 1)


def random_examples(config, shape):
    """[batch, *shape] in the range of the config."""
    x = np.random.default_rng(0).uniform(size=(BATCH, *shape)).astype(np.float32)
    if config.data.binarization != "none":
        return np.round(x)
    return 2 * x - 1 if config.data.value_range == "symmetric" else x


def model_and_batches(config):
    """The model of a config, and two batches that it can be trained on."""
    if config.data.name in BUILT_IN:
        model = zoo.build(config)
        return model, list(model.data.batches("train", BATCH, seed=0, steps=2))
    shape = event_shape(config)
    x = tf.constant(random_examples(config, shape))
    return zoo.build(config, event_shape=shape), [(x, tf.range(BATCH)) if config.model.num_classes else x] * 2


@pytest.mark.parametrize("name", NAMES)
def test_its_docstring_has_command_source_and_what_came_of_it(name):
    text = ast.get_docstring(ast.parse((ROOT / "configs" / f"{name}.py").read_text()))
    own_command = f"    python -m tools.train --config {name} --workdir runs/"
    assert own_command in text or f"tests/models/{name.removesuffix('_bars')}_test.py" in text
    assert re.search(r"^Source: \S", text, re.MULTILINE)
    # Figures with their seed, or the word that there are none.
    assert re.search(r"\b[Ss]eeds? .*\d", text, re.DOTALL) or text.endswith("Not trained to the end.")
    assert not re.search(r"repair|the seed's", text)


@pytest.mark.parametrize("name", NAMES)
def test_it_builds_and_takes_two_steps(name):
    model, batches = model_and_batches(small_config(name))
    before = [variable.numpy() for variable in model.trainable_variables]
    for batch in batches:
        shown = model.train_step(batch)
        assert {term for term, value in shown.items() if not np.isfinite(value)} == set()
    after = [variable.numpy() for variable in model.trainable_variables]
    assert all(np.isfinite(value).all() for value in after)
    assert sum(np.any(a != b) for a, b in zip(before, after, strict=True)) > len(before) / 2
