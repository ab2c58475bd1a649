"""The last hidden layer of a network: what its head, the last layer with weights, is a function of."""

import keras


def last_hidden(network, name):
    """The part of a network below its head, which shares its layers: [batch, *input_shape] -> [batch, ...].

    Args:
      network: of layers that are connected once and for all, as every one of the zoo's is.
      name: of the part that asks, for the message.

    Raises:
      ValueError: for a network that is a program of its own, whose layers do not say what they are given.
    """
    if not hasattr(network, "inputs"):
        raise ValueError(
            f"{name}: its network must be a keras.Sequential or a functional keras.Model, of which a hidden layer can be "
            f"read; found {type(network).__name__}"
        )
    head = [layer for layer in network.layers if layer.weights][-1]
    return keras.Model(network.inputs, head.input)
