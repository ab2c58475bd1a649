"""Every use of private Keras API, each with its reason; tests/private_api_test.py has a test for each."""


class NeverBuilt:
    """Mixed into a keras.Model whose parts are complete: nothing is left for Keras to build from a first batch.

    Keras would average a batch over the replicas for it, which fails for a pair of workers.
    """

    def _maybe_symbolic_build(self, iterator=None, data_batch=None):
        pass


class HeldRate:
    """Mixed into a Keras optimizer that has `rate_of(learning_rate)`: which rate an update really takes.

    Weight decay writes by itself, learning_rate * decay * weight, and takes the rate from this method alone.
    """

    def _get_current_learning_rate(self):
        return self.rate_of(super()._get_current_learning_rate())


def layers(layer):
    """A layer and all layers in it, however deep; the public `layers` of a model goes one level down."""
    return list(layer._flatten_layers())


def sublayers(layer):
    """The layers that are attributes of a layer; only models have a public list of theirs."""
    return layer._layers


def track(layer, variable):
    """Makes a variable that was made elsewhere one of a layer's own; `add_weight` makes new ones only."""
    layer._track_variable(variable)


def without_all_reduce(optimizer):
    """The optimizer, taking gradients for sums over the replicas: the step has summed them before it clips them."""
    optimizer._all_reduce_sum_gradients = list
    return optimizer


def adam_slots(optimizer, variable):
    """The running means of a variable's gradient and of its square, which keras.optimizers.Adam keeps."""
    index = optimizer._get_variable_index(variable)
    return optimizer._momentums[index], optimizer._velocities[index]
