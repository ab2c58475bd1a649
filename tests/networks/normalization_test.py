"""Normalizations of kernels: weight normalization by its formula, spectral normalization by singular values."""

import keras
import numpy as np
import pytest
import tensorflow as tf

from zoo import registry
from zoo.networks import dcgan
from zoo.networks.normalization import NormalizedKernel, with_kernel_normalization

LAYERS = {
    "dense": (keras.layers.Dense, {"units": 5}, (4,)),
    "convolution": (keras.layers.Conv2D, {"filters": 5, "kernel_size": 3}, (6, 6, 4)),
    "transposed": (keras.layers.Conv2DTranspose, {"filters": 5, "kernel_size": 3}, (6, 6, 4)),
}


def made(name, normalization):
    """A normalized layer of 5 outputs that has been built, and some inputs for it."""
    layer, options, shape = LAYERS[name]
    keras.utils.set_random_seed(0)
    x = np.random.default_rng(0).normal(size=(3, *shape)).astype("float32")
    wrapped = with_kernel_normalization(layer, normalization, **options)
    wrapped(x)
    return wrapped, x


def matrix(kernel, name):
    """[everything else, outputs]; the outputs of a transposed convolution are its last axis but one."""
    kernel = keras.ops.convert_to_numpy(kernel)
    return (np.swapaxes(kernel, -1, -2) if name == "transposed" else kernel).reshape(-1, 5)


@pytest.mark.parametrize("normalization", ["weight", "spectral"])
@pytest.mark.parametrize("name", LAYERS)
def test_the_layer_works_with_the_normalized_kernel(name, normalization):
    wrapped, x = made(name, normalization)
    plain = LAYERS[name][0](**LAYERS[name][1])
    plain.build(x.shape)
    plain.kernel.assign(wrapped.kernel)
    np.testing.assert_allclose(wrapped(x), plain(x), rtol=1e-4, atol=1e-5)
    assert (np.abs(wrapped.kernel - wrapped.layer.kernel).max() > 0.01) == (normalization == "spectral")


@pytest.mark.parametrize("name", LAYERS)
def test_weight_normalization_is_length_times_direction(name):
    wrapped, _ = made(name, "weight")
    v = matrix(wrapped.layer.kernel, name)
    np.testing.assert_allclose(wrapped.length, np.linalg.norm(v, axis=0), rtol=1e-5)  # it starts as the layer it normalizes
    np.testing.assert_allclose(matrix(wrapped.kernel, name), v, rtol=1e-5)
    g = np.array([0.5, -1.0, 2.0, 3.0, 0.0])
    wrapped.length.assign(g)
    np.testing.assert_allclose(matrix(wrapped.kernel, name), g * v / np.linalg.norm(v, axis=0), rtol=1e-5, atol=1e-7)


@pytest.mark.parametrize("name", LAYERS)
def test_weight_normalization_trains_the_direction_at_right_angles(name):
    """The gradient with respect to v has no part along v; that is left to g."""
    wrapped, x = made(name, "weight")
    with tf.GradientTape() as tape:
        loss = tf.reduce_sum(tf.square(wrapped(x)))
    by_length, by_direction = tape.gradient(loss, [wrapped.length.value, wrapped.layer.kernel.value])
    v, along = matrix(wrapped.layer.kernel, name), matrix(by_direction, name)
    np.testing.assert_allclose((v * along).sum(0), 0, atol=1e-3 * np.abs(v * along).sum(0).max())
    assert np.abs(by_length).min() > 0


@pytest.mark.parametrize("name", LAYERS)
def test_spectral_normalization_gives_norm_1(name):
    wrapped, x = made(name, "spectral")
    np.testing.assert_allclose(np.linalg.norm(matrix(wrapped.kernel, name), 2), 1, rtol=1e-3)
    # After the kernel has moved far, training passes find its norm again.
    kernel = np.random.default_rng(1).normal(size=wrapped.layer.kernel.shape)
    one_output = np.index_exp[..., 0, :] if name == "transposed" else np.index_exp[..., 0]
    kernel[one_output] *= 20
    wrapped.layer.kernel.assign(kernel)
    assert np.linalg.norm(matrix(wrapped.kernel, name), 2) > 1.001
    for _ in range(30):
        wrapped(x, training=True)
    np.testing.assert_allclose(np.linalg.norm(matrix(wrapped.kernel, name), 2), 1, rtol=1e-5)


def test_outside_of_training_nothing_changes():
    wrapped, x = made("dense", "spectral")
    wrapped.layer.kernel.assign(np.random.default_rng(1).normal(size=(4, 5)))
    before = wrapped.u.numpy()
    wrapped(x, training=False)
    np.testing.assert_array_equal(wrapped.u, before)
    wrapped(x, training=True)
    assert np.abs(wrapped.u - before).max() > 1e-3


@pytest.mark.usefixtures("float64")
def test_the_gradient_passes_through_the_spectral_norm():
    """Of <C, W / sigma(W)>, against differences of the exact singular value."""
    wrapped, _ = made("dense", "spectral")
    generator = np.random.default_rng(2)
    weights, c = generator.normal(size=(4, 5)), generator.normal(size=(4, 5))
    wrapped.layer.kernel.assign(weights)
    for _ in range(500):
        wrapped(np.zeros([1, 4]), training=True)
    with tf.GradientTape() as tape:
        value = tf.reduce_sum(c * wrapped.kernel)
    found = tape.gradient(value, wrapped.layer.kernel.value)

    def exact(weights):
        return np.sum(c * weights) / np.linalg.norm(weights, 2)

    by_hand = np.zeros([4, 5])
    for index in np.ndindex(4, 5):
        step = np.zeros([4, 5])
        step[index] = 1e-6
        by_hand[index] = (exact(weights + step) - exact(weights - step)) / 2e-6
    np.testing.assert_allclose(found, by_hand, atol=1e-8)


@pytest.mark.parametrize("normalization", ["weight", "spectral"])
@pytest.mark.parametrize("shapes", [((16, 16, 3), (6,)), ((6,), (16, 16, 3))], ids=["down", "up"])
@pytest.mark.parametrize("name", registry.names("network"))
def test_every_kernel_of_a_network_is_normalized(name, shapes, normalization):
    if (name, len(shapes[0])) == ("patch", 1):
        pytest.skip("it goes down only")
    network = registry.find("network", name).build(*shapes, normalization=normalization)
    wrapped = [layer for layer in network.layers if isinstance(layer, NormalizedKernel)]
    kernels = [variable for variable in network.trainable_variables if variable.name == "kernel"]
    assert kernels
    assert {id(layer.layer.kernel) for layer in wrapped} == {id(kernel) for kernel in kernels}


@pytest.mark.parametrize("normalization", ["weight", "spectral"])
def test_a_saved_network_comes_back(tmp_path, normalization):
    """u and g are weights like any other."""
    networks = [dcgan.build((16, 16, 1), (3,), width=2, normalization=normalization) for _ in range(2)]
    x = np.random.default_rng(0).normal(size=(2, 16, 16, 1)).astype("float32")
    path = tf.train.Checkpoint(networks[0]).save(tmp_path / "network")
    assert np.abs(networks[0](x) - networks[1](x)).max() > 1e-3
    tf.train.Checkpoint(networks[1]).restore(path).assert_consumed()
    np.testing.assert_array_equal(networks[0](x), networks[1](x))
