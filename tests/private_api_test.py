"""What zoo relies on of private Keras API still is what it relies on; tests/layout_test.py finds uses in other files."""

import keras
import numpy as np
import tensorflow as tf

from zoo import private_api


def nested():
    inner = keras.Sequential([keras.Input((3,)), keras.layers.Dense(2)])
    return keras.Sequential([keras.Input((3,)), inner, keras.layers.BatchNormalization()])


def test_layers_are_all_of_them_however_deep():
    kinds = [type(layer).__name__ for layer in private_api.layers(nested())]
    assert kinds.count("Dense") == kinds.count("BatchNormalization") == 1
    assert kinds.count("Sequential") == 2


def test_sublayers_are_those_that_a_layer_holds():
    class Holder(keras.layers.Layer):
        def __init__(self):
            super().__init__()
            self.one, self.other = keras.layers.Dense(1), [keras.layers.Dense(2)]

    holder = Holder()
    assert private_api.sublayers(holder) == [holder.one, *holder.other]


def test_a_tracked_variable_is_one_of_the_layers_weights():
    layer, variable = keras.layers.Layer(), keras.Variable(np.ones(2, "float32"))
    private_api.track(layer, variable)
    assert layer.trainable_weights == [variable]


def test_an_optimizer_without_all_reduce_takes_gradients_for_sums():
    """Two replicas, each with gradient 1: with Keras' own sum the step is 2, without it 1."""
    optimizer = private_api.without_all_reduce(keras.optimizers.SGD(1.0))
    gradients = [tf.constant(1.0)]
    assert optimizer._all_reduce_sum_gradients(gradients) == gradients


def test_adams_slots_are_the_means_of_the_gradient_and_of_its_square():
    variable = keras.Variable(np.zeros(2, "float32"))
    optimizer = keras.optimizers.Adam(0.1, beta_1=0.9, beta_2=0.99)
    optimizer.build([variable])
    optimizer.apply([tf.constant([1.0, -2.0])])
    momentum, velocity = private_api.adam_slots(optimizer, variable)
    np.testing.assert_allclose(momentum, [0.1, -0.2], rtol=1e-6)
    np.testing.assert_allclose(velocity, [0.01, 0.04], rtol=1e-5)


def test_the_rate_that_weight_decay_takes_is_the_held_one():
    class Still(private_api.HeldRate, keras.optimizers.AdamW):
        def rate_of(self, rate):
            return 0 * rate

    for cls, moves in ((keras.optimizers.AdamW, True), (Still, False)):
        variable = keras.Variable(np.ones(2, "float32"))
        optimizer = cls(0.1, weight_decay=0.5)
        optimizer.build([variable])
        optimizer.apply([tf.zeros(2)])
        assert np.array_equal(variable, np.ones(2)) != moves


def test_fit_builds_a_model_by_the_hook_that_is_taken_away():
    """Keras' fit asks the hook, with the data's iterator; ours takes nothing from it."""
    asked = []

    class Asked(keras.Model):
        def _maybe_symbolic_build(self, iterator=None, data_batch=None):
            asked.append(iterator)

        def train_step(self, data):
            return {"loss": tf.constant(0.0)}

    model = Asked()
    model.compile(run_eagerly=True)
    model.fit(np.zeros([2, 1]), verbose=0)
    assert asked

    def drawn():
        raise AssertionError("a batch was drawn")
        yield

    class Never(private_api.NeverBuilt, keras.Model):
        pass

    assert Never()._maybe_symbolic_build(iterator=drawn()) is None
    assert Never._maybe_symbolic_build is not keras.Model._maybe_symbolic_build
