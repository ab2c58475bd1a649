"""The network of patches: by its own layers on single patches, and that it does not see where they lie."""

import keras
import numpy as np
import pytest
import tensorflow as tf

from zoo.networks import patch


def test_one_layer_is_the_mean_over_patches_of_4x4():
    """Patches two pixels apart, the image within a frame of zeros."""
    x = np.random.default_rng(0).uniform(size=(2, 8, 8, 1)).astype("float32")
    network = patch.build((8, 8, 1), (1,), width=3)
    kernel, bias, weights, offset = network.get_weights()
    framed = np.pad(x, [(0, 0), (1, 1), (1, 1), (0, 0)])
    patches = np.stack([framed[:, i : i + 4, j : j + 4] for i in range(0, 8, 2) for j in range(0, 8, 2)], 1)
    features = np.einsum("npijc,ijcf->npf", patches, kernel) + bias
    exact = np.where(features > 0, features, 0.2 * features).mean(1) @ weights + offset
    np.testing.assert_allclose(network(x), exact, rtol=1e-4, atol=1e-6)


@pytest.mark.parametrize("layers", [1, 2, 3])
def test_a_pixel_is_seen_by_patches_of_the_size_that_is_documented(layers):
    """The width of what one position's value depends on."""
    side = 64
    network = patch.build((side, side, 1), (1,), width=2, layers=layers)
    pooled = next(layer for layer in network.layers if isinstance(layer, keras.layers.GlobalAveragePooling2D))
    features = keras.Model(network.inputs, pooled.input)
    x = tf.constant(np.random.default_rng(0).uniform(size=(1, side, side, 1)), tf.float32)
    with tf.GradientTape() as tape:
        tape.watch(x)
        value = tf.reduce_sum(features(x)[0, side >> (layers + 1), side >> (layers + 1)])
    rows = np.flatnonzero(np.abs(tape.gradient(value, x).numpy()).sum((0, 2, 3)))
    assert np.ptp(rows) + 1 == 3 * 2**layers - 2


def test_an_image_that_is_moved_by_a_stride_has_the_same_value():
    x = np.zeros([1, 28, 28, 1], "float32")
    x[:, 8:16, 8:16] = np.random.default_rng(0).uniform(size=(1, 8, 8, 1))
    network = patch.build((28, 28, 1), (1,), layers=2)
    np.testing.assert_allclose(network(x), network(np.roll(x, [4, -4], [1, 2])), rtol=1e-4, atol=1e-6)


@pytest.mark.parametrize(
    ("shape", "options", "message"),
    [((3,), {}, "takes images"), ((30, 28, 1), {"layers": 2}, "found 30x28 and 2"), ((28, 28, 1), {"layers": 0}, "and 0")],
)
def test_what_has_no_patches_is_refused(shape, options, message):
    with pytest.raises(ValueError, match=message):
        patch.build(shape, (1,), **options)
