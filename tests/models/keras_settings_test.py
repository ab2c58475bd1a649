"""Keras' global settings that a model does not go with are refused in one line, by what a user can change."""

import keras
import pytest

from tests.models import tiny
from zoo.config import ConfigError

SETTINGS = {
    "dtype_policy": ("mixed_bfloat16", "mixed_float16", "bfloat16", "float16", "float64"),
    "floatx": ("float16", "bfloat16"),
    "image_data_format": ("channels_first",),
}


@pytest.fixture(params=[(name, value) for name, values in SETTINGS.items() for value in values], ids="-".join)
def setting(request):
    """One setting of Keras, changed while a test runs."""
    name, value = request.param
    before = {other: getattr(keras.config, other)() for other in SETTINGS}
    getattr(keras.config, f"set_{name}")(value)
    yield name, value
    for other, was in before.items():
        getattr(keras.config, f"set_{other}")(was)


def test_a_setting_that_models_do_not_go_with_is_refused(setting):
    name, value = setting
    with pytest.raises(ConfigError, match=rf"^Keras' {name.replace('_', '[ _]')} is {value}[:;,]? ") as refused:
        tiny.build("vae")
    assert "\n" not in str(refused.value)
    assert f"keras.config.set_{name}('" in str(refused.value)


def test_float64_everywhere_is_allowed(float64):
    assert tiny.build("vae").encoder.weights[0].dtype == "float64"
