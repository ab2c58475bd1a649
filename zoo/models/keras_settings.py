"""Keras' global settings, from a program or from ~/.keras/keras.json, that a model here does not go with."""

import keras

from zoo.config import ConfigError


def check_keras_settings():
    """Raises ConfigError, one line, for a setting under which a model could not be built or would not train."""
    floatx, policy = keras.config.floatx(), keras.config.dtype_policy().name
    if floatx not in ("float32", "float64"):
        raise ConfigError(f"Keras' floatx is {floatx}; weights are float32: keras.config.set_floatx('float32'), or keras.json")
    if policy != floatx:
        raise ConfigError(
            f"Keras' dtype policy is {policy}: keras.config.set_dtype_policy('{floatx}') first; for hidden layers in bfloat16 "
            "set config.training.precision=bfloat16"
        )
    if keras.config.image_data_format() != "channels_last":
        raise ConfigError(
            "Keras' image_data_format is channels_first, and channels come last here: "
            "keras.config.set_image_data_format('channels_last'), or keras.json"
        )
