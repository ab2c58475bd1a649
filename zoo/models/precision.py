"""Mixed precision: networks that compute in bfloat16, between float32 weights and float32 heads.

    weights, optimizers    float32
    hidden layers          bfloat16, by Keras' policy mixed_bfloat16
    heads                  float32: the last layer with weights of each network, and what follows it
    densities, losses      float32

bfloat16 has the range of float32 and 8 bits of precision, so that no loss has to be scaled.
"""

import keras

from zoo import private_api
from zoo.config import ConfigError
from zoo.networks.normalization import NormalizedKernel

POLICY = "mixed_bfloat16"


def use_bfloat16(model):
    """Lets the hidden layers of every network of a model compute in bfloat16.

    Raises:
      ConfigError: where that cannot work.
    """
    if keras.config.floatx() != "float32":
        raise ConfigError(f"config.training.precision: bfloat16 goes with float32 weights, found {keras.config.floatx()}")
    for part in model.named_parts().values():
        for network in _networks(part):
            _use_bfloat16(network)


def _networks(part):
    """The outermost networks of a part, which may be one itself."""
    if isinstance(part, keras.Model):
        return [part]
    return [network for layer in private_api.sublayers(part) for network in _networks(layer)]


def _use_bfloat16(network):
    layers = list(network.layers)
    while layers and not layers[-1].weights:
        layers.pop()
    for layer in layers[:-1]:
        for inner in private_api.layers(layer):
            if isinstance(inner, NormalizedKernel):
                raise ConfigError(
                    "config.training.precision: 8 bits are too few for the norm of a kernel, which normalization weight and "
                    "spectral divide by; choose float32, or normalization batch, layer or none"
                )
            inner.dtype_policy = POLICY
