"""A model in memory with all that its export has, and with Keras' own ways to save, copy and export it."""

import functools

import keras
import tensorflow as tf

from zoo import export as exporting
from zoo import models, noise
from zoo.data import batch as batches
from zoo.export import endpoints
from zoo.interface import keras_file
from zoo.models.inputs import check_extent, check_range, examples

# Of an export's endpoints those that a model has under another meaning, or by itself: prior() is a distribution here.
OWN = {"generate", "reconstruct", "sample", "prior"}
# Methods of the model itself -> what they are functions of.
TAKES = {"posterior": "x", "code": "x", "reconstruct": "x", "log_densities": "x", "likelihood": "z", "generate": "z"}


@keras.saving.register_keras_serializable("zoo")
class Model(models.TrainableModel):
    """What zoo.build, zoo.train and zoo.restore return.

        model.encode(x)["loc"], model.elbo(x), model.log_prob(x, num_samples=100), model.critic(x), model.draw(z)
        model.posterior(x), model.likelihood(z), model.prior()      tfp distributions
        model.sample(16, seed=0), model.reconstruct(x), model.generate(z)

    x is what `fit` takes: floats in the model's range, or whole grey levels; results are in the model's range. (An export takes
    images in [0, 1]; for a model of that range both are the same.) Endpoints are those of zoo/export/endpoints.py.
    """

    def __init__(self, model, training_step):
        super().__init__(model, training_step)
        for name, part in model.named_parts().items():
            part.name = name
        self._compiled = {}

    @property
    def layers(self):
        """The parts of the model, by the names that `summary` shows: encoder, posterior, decoder, ..."""
        return list(self.model.named_parts().values())

    def __getattr__(self, name):
        if name in TAKES and "model" in vars(self):
            return _reading(self.model, name)
        if name not in endpoints.ALL or name in OWN or "model" not in vars(self):
            return super().__getattr__(name)
        has = endpoints.names(self.model)
        if name not in has:
            raise AttributeError(f"this model has no {name}: it has {', '.join(has)}")
        if name not in self._compiled:
            self._compiled[name] = endpoints.in_memory(self.model, name)
        return self._compiled[name]

    def __dir__(self):
        return [*super().__dir__(), *endpoints.names(self.model)]

    def predict(self, x, **options):
        """keras.Model.predict, of the averaged weights where there are any: the reconstructions of x, without padding.

        (x, labels) is taken too.
        """
        if isinstance(x, tuple) and len(x) == 2:
            x = dict(zip((batches.IMAGE, batches.LABEL), x, strict=True))
        check_range(x, self.model.preprocessing)
        check_extent(x, options.get("steps"), "steps")
        self.predict_function = None  # Keras would trace one function for inputs of several ranks, of unknown rank
        with self.averaged():
            found = super().predict(x, **options)
        if not (isinstance(x, tf.data.Dataset) and isinstance(x.element_spec, dict) and batches.MASK in x.element_spec):
            return found
        predicted = x if options.get("steps") is None else x.take(options["steps"])
        return found[tf.concat([batch[batches.MASK] for batch in predicted], 0).numpy() > 0]

    def predict_step(self, data):
        """The reconstructions of one batch, which is as `fit` takes it."""
        return self.call(data)

    def export(self, filepath, format="tf_saved_model", verbose=None, *, overwrite=False):
        """Writes the model as zoo.export does: a SavedModel with every endpoint, of the averaged weights where there are any.

        Args:
          filepath: of the folder, or of an archive if it ends in .tar.gz.
          format: "tf_saved_model".
          verbose: whether to say what was written.
          overwrite: whether a SavedModel that is there may be replaced.

        Raises:
          ValueError: for another format.
        """
        if format != "tf_saved_model":
            told = "convert the SavedModel's signatures (tf.lite.TFLiteConverter, tf2onnx)"
            raise ValueError(f"a model of the zoo is exported as tf_saved_model, not as {format!r}; {told}")
        found = exporting(self, filepath, overwrite=overwrite)
        if verbose:
            print(f"wrote {filepath} with {', '.join(found)}")

    def get_config(self):
        """The experiment, by which Keras saves and clones the model."""
        return keras_file.experiment_of(self)

    @classmethod
    def from_config(cls, config, custom_objects=None):
        """The model of `get_config`, with new weights from the experiment's seed."""
        return keras_file.built(config, functools.partial(models.build, face=cls))

    def get_compile_config(self):
        """Beside the experiment: the optimizers as they are, which `compile` may have changed."""
        optimizers = {
            name: {"class_name": type(one).__name__, "config": one.get_config()}
            for name, one in self.training_step.optimizers.items()
        }
        return {"steps_per_execution": self.steps_per_execution, "optimizers": optimizers}

    def compile_from_config(self, config):
        """Compiles with the optimizers of `get_compile_config`."""
        optimizers = {name: keras.optimizers.deserialize(one) for name, one in config["optimizers"].items()}
        jit_compile = self.training_step.jit_compile
        self.compile(optimizers, steps_per_execution=config["steps_per_execution"], jit_compile=jit_compile)

    save = keras_file.save
    quantize = keras_file.refused("quantize", "an export is quantized when it is converted (tf.lite.TFLiteConverter)")
    compute_loss = keras_file.refused("compute_loss", "the losses are the objective's, and train_step shows them")

    def save_own_variables(self, store):
        """What belongs to no layer: the step, the slots, the averages."""
        for name, variable in keras_file.state(self.training_step).items():
            store[name] = variable.numpy()

    def load_own_variables(self, store):
        """What `save_own_variables` has stored."""
        keras_file.put(self.training_step, store)

    def load_weights(self, filepath, **options):
        """keras.Model.load_weights, of the weights, the step and the optimizers; all of it or nothing.

        Raises:
          ValueError: one line, for the weights of another model.
        """
        own = [*self.variables, *keras_file.state(self.training_step).values()]
        before = [variable.numpy() for variable in own]
        try:
            super().load_weights(filepath, **options)
        except (ValueError, KeyError) as error:
            for variable, value in zip(own, before, strict=True):
                variable.assign(value)
            reason = " ".join(str(error).split())[:200]
            raise ValueError(f"{filepath} does not hold the weights of this model: {reason}") from error


def _reading(model, name):
    """A method of the model itself, of x as `fit` takes it, or of codes of any kind of float."""
    own, method = TAKES[name], getattr(model, name)

    def read(given):
        if own == "x":
            return examples(given, model, None, noise.seed_for(0, 0, "inward"))
        z = tf.cast(given, endpoints.dtype(model))
        if z.shape.rank and z.shape[-1] not in (None, model.latent_size):
            raise ValueError(f"expected codes of {model.latent_size} numbers, found shape {tuple(z.shape)}")
        return z

    @functools.wraps(method)
    def reading(*arguments, **named):
        if arguments:
            return method(read(arguments[0]), *arguments[1:], **named)
        return method(**(named | {own: read(named[own])} if own in named else named))

    return reading
