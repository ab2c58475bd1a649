"""The networks: sizes in both directions, activations by value, and no bias where a normalization follows."""

import re

import keras
import numpy as np
import pytest
import tensorflow as tf

from zoo import registry
from zoo.networks import all_convolutional, dcgan, mlp, resnet
from zoo.networks.normalization import normalized

NORMALIZATIONS = ["none", "batch", "layer"]
CONVOLUTIONAL = {"dcgan": dcgan, "all_convolutional": all_convolutional, "resnet": resnet}
IMAGES = [(side, side, channels) for side in (28, 32, 64) for channels in (1, 3)]
# Faces, and others whose sides halve together; 28x32 to 7x8, 48x64 to 3x4, 16x40 to 4x10.
IMAGES += [(28, 20, 1), (28, 32, 1), (48, 64, 3), (16, 40, 3), (96, 96, 3)]


def images(shape, size=2):
    return np.random.default_rng(0).uniform(size=(size, *shape)).astype("float32")


@pytest.mark.parametrize("normalization", NORMALIZATIONS)
@pytest.mark.parametrize("shape", IMAGES, ids=str)
@pytest.mark.parametrize("name", CONVOLUTIONAL)
def test_down_and_up(name, shape, normalization):
    down = CONVOLUTIONAL[name].build(shape, (6,), width=2, normalization=normalization)
    up = CONVOLUTIONAL[name].build((6,), shape, width=2, normalization=normalization)
    assert down.output_shape == (None, 6)
    assert up.output_shape == (None, *shape)
    assert up(down(images(shape))).shape == (2, *shape)


@pytest.mark.parametrize(
    ("side", "sides", "filters"),
    [(28, [14, 7], [4, 8]), (32, [16, 8, 4], [4, 8, 16]), (64, [32, 16, 8, 4], [4, 8, 16, 32])],
)
def test_dcgan_halves_the_side_and_doubles_the_filters(side, sides, filters):
    down = dcgan.build((side, side, 3), (6,), width=4)
    outputs = [layer.output.shape for layer in down.layers if isinstance(layer, keras.layers.Conv2D)]
    assert outputs == [(None, s, s, f) for s, f in zip(sides, filters, strict=True)]
    up = dcgan.build((6,), (side, side, 3), width=4)
    inputs = [layer.input.shape for layer in up.layers if isinstance(layer, keras.layers.Conv2DTranspose)]
    assert inputs == [(None, s, s, f) for s, f in zip(sides[::-1], filters[::-1], strict=True)]


def test_dcgan_normalizes_channels_but_not_the_layers_next_to_the_image():
    down = dcgan.build((28, 28, 1), (6,), width=4, normalization="batch")
    assert [type(layer).__name__ for layer in down.layers] == [
        *("Conv2D", "LeakyReLU", "Conv2D", "BatchNormalization", "LeakyReLU"),
        *("Flatten", "Dense", "Reshape"),
    ]
    up = dcgan.build((6,), (28, 28, 1), width=4, normalization="batch")
    assert [type(layer).__name__ for layer in up.layers] == [
        *("Flatten", "Projection", "BatchNormalization", "ReLU"),
        *("Conv2DTranspose", "BatchNormalization", "ReLU", "Conv2DTranspose"),
    ]
    # The projection is normalized as an image of 8 channels, not as 7 * 7 * 8 features.
    assert up.layers[2].gamma.shape == (8,)


def test_every_pixel_of_a_transposed_convolution_is_written_equally_often():
    """Kernel 4 with stride 2: ones everywhere give one constant in the interior, and no checkerboard."""
    layer = keras.layers.Conv2DTranspose(1, kernel_initializer="ones", **dcgan.KERNEL)
    interior = layer(tf.ones([1, 6, 6, 1]))[0, 1:-1, 1:-1, 0].numpy()
    assert np.ptp(interior) == 0


NEAREST = {
    (27, 27, 1): "found 27x27; 24x24 or 28x28 would do",
    (36, 36, 3): "found 36x36; 32x32 or 40x40 would do",
    (28, 100, 1): "found 28x100; ",
    (7, 7, 1): "found 7x7; 8x8 would do",
    (6, 6, 1): "found 6x6; 8x8 would do",
    (2,): r"takes images \[height, width, channels\], found \((2|6),\)",
}


@pytest.mark.parametrize("shape", NEAREST, ids=str)
@pytest.mark.parametrize("name", CONVOLUTIONAL)
def test_other_sizes_are_refused_with_those_that_would_do(name, shape):
    message = NEAREST[shape]
    with pytest.raises(ValueError, match=message):
        CONVOLUTIONAL[name].build(shape, (6,))
    with pytest.raises(ValueError, match=message):
        CONVOLUTIONAL[name].build((6,), shape)


def test_all_convolutional_has_neither_dense_layers_nor_pooling():
    """Convolutions in pairs at each side, the second with a stride, and one as large as what is left."""
    down = all_convolutional.build((32, 32, 3), (6,), width=4)
    convolutions = [layer for layer in down.layers if layer.weights]
    assert {type(layer) for layer in convolutions} == {keras.layers.Conv2D}
    assert [layer.output.shape[1:] for layer in convolutions] == [
        *((32, 32, 4), (16, 16, 4), (16, 16, 8), (8, 8, 8), (8, 8, 16), (4, 4, 16)),
        (1, 1, 6),
    ]
    up = all_convolutional.build((6,), (32, 32, 3), width=4)
    convolutions = [layer for layer in up.layers if layer.weights]
    assert {type(layer) for layer in convolutions} == {keras.layers.Conv2D, keras.layers.Conv2DTranspose}
    assert [layer.output.shape[1:] for layer in convolutions] == [
        *((4, 4, 16), (8, 8, 16), (8, 8, 8), (16, 16, 8), (16, 16, 4), (32, 32, 4)),
        (32, 32, 3),
    ]
    assert not [layer for network in (down, up) for layer in network.layers if "Pool" in type(layer).__name__]


def block_outputs(network):
    """What each residual block puts out, without the batch."""
    return [layer.output.shape[1:] for layer in network.layers if isinstance(layer, keras.layers.Add)]


def test_resnet_for_64_pixels_is_the_papers():
    """A block at each halving, 2, 4, 8 and 8 times as wide."""
    down, up = resnet.build((64, 64, 3), (1,), width=4), resnet.build((6,), (64, 64, 3), width=4)
    assert block_outputs(down) == [(32, 32, 8), (16, 16, 16), (8, 8, 32), (4, 4, 32)]
    assert block_outputs(up) == [(8, 8, 32), (16, 16, 16), (32, 32, 8), (64, 64, 4)]
    (head,) = [layer for layer in down.layers if isinstance(layer, keras.layers.Dense)]
    assert head.input.shape == (None, 4 * 4 * 32)


def test_resnet_for_32_pixels_is_the_papers():
    """As wide throughout; down with two blocks that halve and two that do not, and the mean over positions."""
    down, up = resnet.build((32, 32, 3), (1,), width=4), resnet.build((6,), (32, 32, 3), width=4)
    assert block_outputs(down) == [(16, 16, 4), (8, 8, 4), (8, 8, 4), (8, 8, 4)]
    assert block_outputs(up) == [(8, 8, 4), (16, 16, 4), (32, 32, 4)]
    assert any(isinstance(layer, keras.layers.GlobalAveragePooling2D) for layer in down.layers)
    # A code has to know where things are.
    encoder = resnet.build((32, 32, 3), (6,), width=4)
    assert not any(isinstance(layer, keras.layers.GlobalAveragePooling2D) for layer in encoder.layers)


@pytest.mark.parametrize("shapes", [((32, 32, 3), (1,)), ((6,), (32, 32, 3)), ((64, 64, 3), (1,))], ids=str)
def test_a_residual_block_without_its_branch_is_its_shortcut(shapes):
    """With all kernels of the branches 0 the blocks resample only: mean of 2x2 down, nearest neighbour up."""
    network = resnet.build(*shapes, width=3)
    convolutions = [layer for layer in network.layers if isinstance(layer, keras.layers.Conv2D)]
    for layer in convolutions:
        if layer.kernel_size == (3, 3):
            layer.kernel.assign(tf.zeros_like(layer.kernel))
            layer.bias.assign(
                np.arange(layer.filters, dtype="float32") if layer is convolutions[0] else tf.zeros_like(layer.bias)
            )
    blocks = [layer for layer in network.layers if isinstance(layer, keras.layers.Add)]
    before, after = keras.Model(network.input, [blocks[1].output, blocks[2].output])(images(shapes[0]))
    if before.shape[1] < after.shape[1]:
        wanted = np.repeat(np.repeat(before, 2, 1), 2, 2)
    elif before.shape[1] > after.shape[1]:
        shortcuts = [layer for layer in convolutions if layer.kernel_size == (1, 1)]
        halved = before.numpy().reshape(2, after.shape[1], 2, after.shape[2], 2, -1).mean((2, 4))
        wanted = halved @ shortcuts[2].kernel.numpy()[0, 0] + shortcuts[2].bias.numpy()
    else:
        wanted = before
    assert np.abs(wanted).max() > 0
    np.testing.assert_allclose(after, wanted, rtol=1e-4, atol=1e-6)


@pytest.mark.parametrize("activation", ["relu", "tanh", "gated"])
@pytest.mark.parametrize("normalization", NORMALIZATIONS)
def test_mlp_between_any_two_shapes(activation, normalization):
    options = {"hidden_sizes": (5, 7), "activation": activation, "normalization": normalization}
    down = mlp.build((8, 8, 3), (6,), **options)
    up = mlp.build((6,), (8, 8, 3), **options)
    assert up(down(images((8, 8, 3)))).shape == (2, 8, 8, 3)


def test_mlp_has_the_layers_it_is_told():
    units = [
        layer.units for layer in mlp.build((3,), (2,), hidden_sizes=(5, 7)).layers if isinstance(layer, keras.layers.Dense)
    ]
    assert units == [5, 7, 2]
    assert len(mlp.build((3,), (2,), hidden_sizes=()).trainable_variables) == 2


def test_a_linear_mlp_by_value():
    network = mlp.build((2, 2), (3,), hidden_sizes=())
    kernel, bias = np.arange(12.0).reshape(4, 3), np.array([1.0, 2.0, 3.0])
    for variable, value in zip(network.trainable_variables, (kernel, bias), strict=True):
        variable.assign(value)
    x = images((2, 2))
    np.testing.assert_allclose(network(x), x.reshape(2, 4) @ kernel + bias, rtol=1e-6)


@pytest.mark.parametrize("activation", ["relu", "tanh", "gated"])
def test_a_hidden_layer_by_value(activation):
    network = mlp.build((2,), (1,), hidden_sizes=(3,), activation=activation)
    kernel, bias, head, head_bias = (variable.numpy() for variable in network.trainable_variables)
    x = images((2,))
    hidden = x @ kernel + bias
    function = {
        "relu": lambda h: np.maximum(h, 0),
        "tanh": np.tanh,
        "gated": lambda h: h[:, :3] / (1 + np.exp(-h[:, 3:])),
    }[activation]
    np.testing.assert_allclose(network(x), function(hidden) @ head + head_bias, rtol=1e-5)


def test_gated_is_the_first_half_times_the_sigmoid_of_the_second():
    values = np.array([[1.0, -2.0, 0.0, np.log(3.0)]], "float32")
    np.testing.assert_allclose(mlp.Gated()(values), [[0.5, -1.5]], rtol=1e-6)


@pytest.mark.parametrize("hidden_sizes", [(0,), (5, -1), ("many",), (5.5,)])
def test_mlp_refuses_layers_without_units(hidden_sizes):
    with pytest.raises(ValueError, match="mlp: hidden_sizes must be positive integers"):
        mlp.build((3,), (2,), hidden_sizes=hidden_sizes)


# Every network and normalization there is, by discovery.


DIRECTIONS = {"down": ((32, 32, 3), (6,)), "up": ((6,), (32, 32, 3))}
WAYS = [(name, way) for name in registry.names("network") for way in DIRECTIONS if (name, way) != ("patch", "up")]


@pytest.mark.parametrize("normalization", ["batch", "layer"])
@pytest.mark.parametrize(("name", "direction"), WAYS)
def test_no_bias_stands_before_a_normalization(name, direction, normalization):
    chosen = {"layers": 2} if "layers" in registry.options("network", name) else {}
    network = registry.find("network", name).build(*DIRECTIONS[direction], normalization=normalization, **chosen)
    normalizations = (keras.layers.BatchNormalization, keras.layers.LayerNormalization)
    assert any(isinstance(layer, normalizations) for layer in network.layers)
    if isinstance(network, keras.Sequential):
        for before, after in zip(network.layers, network.layers[1:], strict=False):
            assert not (isinstance(after, normalizations) and getattr(before, "use_bias", False))


@pytest.mark.parametrize("normalization", NORMALIZATIONS)
@pytest.mark.parametrize(("name", "direction"), WAYS)
def test_no_weight_is_removed_by_what_follows_it(name, direction, normalization, float64):
    """A bias that a normalization takes away has a gradient of rounding noise, which Adam turns into steps of full size."""
    shapes = DIRECTIONS[direction]
    options = {"width": 4, "hidden_sizes": (5, 6), "normalization": normalization}
    chosen = {key: value for key, value in options.items() if key in registry.options("network", name)}
    keras.utils.set_random_seed(0)
    network = registry.find("network", name).build(*shapes, **chosen)
    generator = np.random.default_rng(0)
    x, direction = generator.normal(size=(6, *shapes[0])), generator.normal(size=(6, *shapes[1]))
    with tf.GradientTape() as tape:
        value = tf.reduce_sum(direction * network(x, training=True))
    gradients = tape.gradient(value, [variable.value for variable in network.trainable_variables])
    for variable, gradient in zip(network.trainable_variables, gradients, strict=True):
        assert np.abs(gradient).max() > 1e-6, variable.path


@pytest.mark.parametrize("name", registry.names("network"))
def test_an_unknown_normalization_names_the_valid_ones(name):
    with pytest.raises(ValueError, match="unknown normalization 'hope'; choose from none, batch, layer, weight, spectral"):
        registry.find("network", name).build((32, 32, 3), (6,), normalization="hope")


@pytest.mark.parametrize("normalization", ["batch", "layer"])
def test_a_normalization_normalizes(normalization):
    layer, after = normalized(keras.layers.Dense, normalization, units=50)
    x = np.random.default_rng(0).normal(3.0, 2.0, size=[40, 4]).astype("float32")
    outputs = after(10 * layer(x), training=True).numpy()
    axis = {"batch": 0, "layer": 1}[normalization]
    np.testing.assert_allclose(outputs.mean(axis), 0, atol=1e-4)
    np.testing.assert_allclose(outputs.std(axis), 1, rtol=1e-2)


@pytest.mark.parametrize("sides", [(27, 27), (36, 36), (30, 50), (101, 77), (250, 250), (1, 1)])
def test_the_sizes_that_are_advised_are_taken(sides):
    with pytest.raises(ValueError, match="would do") as refused:
        dcgan.build((*sides, 1), (2,), width=1)
    advised = re.findall(r"(\d+)x(\d+)", str(refused.value).partition("; ")[2])
    assert advised
    for height, width in advised:
        dcgan.build((int(height), int(width), 1), (2,), width=1)
