"""Tied weights: a decoder whose transposed convolutions use the kernels of the encoder's convolutions.

A convolution from m to n channels has a kernel [4, 4, m, n]; read as it stands, that is the kernel of the transposed
convolution from n to m channels, its transpose as a linear map. The kernels are the encoder's: owned, trained, saved and
counted there, with the gradient of both uses; the decoder owns its biases and its first layer. So where a phase moves the
decoder alone (wake-sleep) the shared kernels stay.

Source: "Symmetric variational loss and GAN" (2017), which found it faster and much more stable.
"""

import keras


class TiedTranspose(keras.layers.Layer):
    """A transposed convolution of stride 2 with the kernel of another layer; the bias is its own."""

    def __init__(self, filters, use_bias=True):
        super().__init__()
        self.filters = filters
        self.use_bias = use_bias
        self.source = None

    def build(self, input_shape):
        """Makes the bias, and remembers the kernel's shape."""
        self.kernel_shape = (4, 4, self.filters, input_shape[-1])
        self.bias = self.add_weight(shape=(self.filters,), initializer="zeros", name="bias") if self.use_bias else None

    def tie(self, layer):
        """From now on works with that layer's kernel."""
        # A function hides the layer from Keras, which would count its weights here too.
        self.source = lambda: layer.kernel

    def call(self, inputs):
        """[batch, height, width, n] -> [batch, 2 height, 2 width, filters]."""
        if self.source is None:
            raise ValueError("a tied decoder works only inside a model, whose encoder has the kernels")
        outputs = keras.ops.conv_transpose(inputs, self.source(), strides=2, padding="same")
        return outputs if self.bias is None else outputs + self.bias

    def compute_output_shape(self, input_shape):
        """[batch, 2 height, 2 width, filters]."""
        batch, height, width, _ = input_shape
        return (batch, 2 * height, 2 * width, self.filters)


class TiedDecoder(keras.Sequential):
    """A decoder that is tied to its model's encoder once both are there."""

    def connect(self, model):
        """Ties each transposed convolution to the convolution of the encoder that it mirrors.

        Raises:
          ValueError: if there is no encoder, or its convolutions are no mirror image of the decoder.
        """
        if model.encoder is None:
            raise ValueError("dcgan: tied kernels are those of the encoder, and this model has none; set tied to False")
        own = [layer for layer in self.layers if isinstance(layer, TiedTranspose)][::-1]
        theirs = [layer for layer in model.encoder.layers if len(getattr(getattr(layer, "kernel", None), "shape", ())) == 4]
        wanted, found = [layer.kernel_shape for layer in own], [tuple(layer.kernel.shape) for layer in theirs]
        if wanted != found:
            raise ValueError(
                f"dcgan: a tied decoder mirrors its encoder: it needs one with kernels {wanted}, found {found}; give the "
                "encoder the network dcgan of the same width, and the likelihood a scale that is fixed or global"
            )
        for layer, source in zip(own, theirs, strict=True):
            layer.tie(source)
