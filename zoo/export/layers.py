"""An exported model as a Keras layer: to put into a model of one's own, and to fine-tune with any optimizer."""

import keras

from zoo import private_api
from zoo.export.loading import load

# What may be trained on, with and without training=True; the other endpoints take their inputs alone.
NETWORKS = ("encoder", "decoder", "critic")


@keras.saving.register_keras_serializable("zoo")
class ExportedLayer(keras.layers.Layer):
    """One endpoint of an exported model. Its weights are those that the endpoint uses.

    keras.layers.TFSMLayer trains with plain SGD only: other optimizers want names of weights that Keras can use, which the
    variables of a SavedModel do not have. Here each is wrapped under one.
    """

    def __init__(self, handle, endpoint, trainable=False, allow_untrusted=False, **options):
        # The exported program is float32, whatever policy the layers around it have.
        super().__init__(trainable=trainable, **({"dtype": "float32"} | options))
        self.handle, self.endpoint, self.allow_untrusted = str(handle), endpoint, allow_untrusted
        # In a tuple, so that Keras tracks only the variables that are added below.
        self._held = (load(handle, allow_untrusted=allow_untrusted),)
        (loaded,) = self._held
        known = sorted(name for name in {*loaded.signatures, *NETWORKS} if callable(getattr(loaded, name, None)))
        if endpoint not in known:
            raise ValueError(f"{handle} has no endpoint {endpoint!r}; choose from {', '.join(known)}")
        self._function = getattr(loaded, endpoint)
        for number, variable in enumerate(_used(loaded, endpoint)):
            chosen = any(variable is one for one in loaded.trainable_variables)
            private_api.track(self, keras.Variable(variable, trainable=chosen, name=f"{endpoint}_{number}"))
        self.built = True

    def call(self, inputs, training=False):
        """What the endpoint gives for these inputs (a tensor, or a list of them): a tensor, or a dictionary of them."""
        inputs = inputs if isinstance(inputs, list | tuple) else (inputs,)
        return self._function(*inputs, **({"training": bool(training)} if self.endpoint in NETWORKS else {}))

    def get_config(self):
        """The arguments: the weights are taken from the handle, and then from what Keras has stored."""
        own = {"handle": self.handle, "endpoint": self.endpoint, "allow_untrusted": self.allow_untrusted}
        return super().get_config() | own


def _used(loaded, endpoint):
    """The model's variables that an endpoint uses, in the model's order."""
    function = getattr(loaded, endpoint)
    if endpoint in NETWORKS:
        return list(function.variables)
    concrete = loaded.signatures[endpoint]
    handles = {id(tensor) for tensor in concrete.captured_inputs}
    return [variable for variable in loaded.variables if id(variable.handle) in handles]


def as_layer(handle, endpoint, *, trainable=False, allow_untrusted=False, name=None):
    """An endpoint of an exported model as a Keras layer.

        codes = zoo.as_layer("ehm_digits", "encode", trainable=True)(images)["loc"]
        model = keras.Model(images, keras.layers.Dense(10)(codes))

    Args:
      handle: as zoo.load takes it.
      endpoint: any (`encode`, `generate`, `reconstruct`, ...; the seed is 0), or a network: `encoder`, `decoder`, `critic`,
        which pass `training` on.
      trainable: whether its weights are trained; it can be changed later.
      allow_untrusted: as in zoo.load.
      name: of the layer.

    Raises:
      ValueError: for an endpoint that the model does not have, and whatever zoo.load raises.
    """
    return ExportedLayer(handle, endpoint, trainable=trainable, allow_untrusted=allow_untrusted, name=name)
