"""Endpoints of a class-conditional model: those of any model, with a parameter `label` after x and z.

    encode(x, label, seed=0)   generate(z, label)   sample(num_samples, label, seed=0)   elbo(x, label, seed=0) ...
    reconstruct(x, label, new_label=-1)      the code of x as one of its label, decoded as one of another; -1: of its own

P(z) is the same for all labels: `prior` and `log_p_z` take none. A label outside of its range is an InvalidArgumentError, and
so are labels that are neither one nor as many as the examples.
"""

import inspect

import tensorflow as tf

from zoo.models import conditional

WITHOUT = ("prior", "log_p_z")


def parameters(model):
    """What endpoints take beside their tensors: ("label",), or nothing."""
    return ("label",) if conditional.classes(model) else ()


def told(kind, model):
    """The endpoints of a model by a class of them (zoo/export/endpoints.py), which take labels if the model has classes."""
    return Told(kind, model) if parameters(model) else kind(model)


class Told:
    """Endpoints that take a label, each of which hands the rest to those of the model at that label."""

    def __init__(self, kind, model):
        self.kind, self.model = kind, model

    def __getattr__(self, name):
        plain = getattr(self.kind(self.model), name)
        if name in WITHOUT:
            return plain
        return self._reconstruct if name == "reconstruct" else self._with_label(name, inspect.signature(plain))

    def _with_label(self, name, signature):
        def endpoint(*arguments, **named):
            rest = dict(endpoint.__signature__.bind(*arguments, **named).arguments)
            at = self.model.given(rest.pop("label"), count(rest))
            return getattr(self.kind(at), name)(**rest)

        label = inspect.Parameter("label", inspect.Parameter.POSITIONAL_OR_KEYWORD)
        given = list(signature.parameters.values())
        place = sum(name in ("x", "z") for name in signature.parameters) or 1
        endpoint.__signature__ = signature.replace(parameters=[*given[:place], label, *given[place:]])
        endpoint.__name__ = name
        return endpoint

    def _reconstruct(self, x, label, new_label=-1):
        code = self.model.given(label, conditional.rows(x)).code(self.kind(self.model).inward(x))
        new_label = tf.convert_to_tensor(new_label, tf.int32)
        new_label = tf.where(new_label < 0, label, new_label)
        return self.kind(self.model.given(new_label, conditional.rows(x))).generate(code)


def count(arguments):
    """How many examples the arguments of an endpoint are about."""
    given = [arguments[name] for name in ("x", "z") if name in arguments]
    return conditional.rows(given[0]) if given else arguments["num_samples"]
