"""The zoo's multilayer perceptron and DCGAN networks in PyTorch, from the same sections of a config."""

import math

import torch
from torch import nn


class Gated(nn.Module):
    """(first half) * sigmoid(second half)."""

    def forward(self, inputs):
        """[..., 2 n] -> [..., n]."""
        values, gates = inputs.chunk(2, dim=-1)
        return values * torch.sigmoid(gates)


class OverChannels(nn.LayerNorm):
    """Layer normalization over the channels of [batch, channels, height, width], as Keras has it."""

    def forward(self, inputs):
        """The same shape."""
        return super().forward(inputs.permute(0, 2, 3, 1)).permute(0, 3, 1, 2)


ACTIVATIONS = {"relu": (1, nn.ReLU), "tanh": (1, nn.Tanh), "gated": (2, Gated)}


def mlp(size_in, size_out, section):
    """[batch, size_in] -> [batch, size_out]."""
    factor, activation = ACTIVATIONS[section["activation"]]
    layers = []
    for size in section["hidden_sizes"]:
        layers += [nn.Linear(size_in, factor * size), activation()]
        size_in = size
    return nn.Sequential(*layers, nn.Linear(size_in, size_out))


def _halvings(side):
    return 0 if side <= 7 else 1 + _halvings(side // 2)


def _normalized(layer, channels, section):
    """A layer with the normalization after it, and a bias only if there is none."""
    if section["normalization"] == "layer":
        return [layer(bias=False), OverChannels(channels, eps=1e-3)]
    return [layer(bias=True)]


def _convolution(kind, size_in, size_out):
    return lambda bias: kind(size_in, size_out, 4, stride=2, padding=1, bias=bias)


def dcgan_down(event_shape, size_out, section):
    """Images [batch, channels, side, side] -> [batch, size_out]."""
    side, _, channels = event_shape
    stages, width = _halvings(side), section["width"]
    layers = [_convolution(nn.Conv2d, channels, width)(True), nn.LeakyReLU(0.2)]
    for stage in range(1, stages):
        size = width * 2**stage
        layers += [*_normalized(_convolution(nn.Conv2d, size // 2, size), size, section), nn.LeakyReLU(0.2)]
    flat = width * 2 ** (stages - 1) * (side // 2**stages) ** 2
    return nn.Sequential(*layers, nn.Flatten(), nn.Linear(flat, size_out))


def dcgan_up(size_in, event_shape, section):
    """[batch, size_in] -> images [batch, channels, side, side]."""
    side, _, channels = event_shape
    stages, width = _halvings(side), section["width"]
    size, small = width * 2 ** (stages - 1), side // 2**stages

    def foot(bias):
        return nn.Sequential(nn.Linear(size_in, size * small**2, bias=bias), nn.Unflatten(1, (size, small, small)))

    layers = [*_normalized(foot, size, section), nn.ReLU()]
    for stage in reversed(range(stages - 1)):
        size = width * 2**stage
        layers += [*_normalized(_convolution(nn.ConvTranspose2d, 2 * size, size), size, section), nn.ReLU()]
    return nn.Sequential(*layers, _convolution(nn.ConvTranspose2d, size, channels)(True))


def encoder(event_shape, size_out, section):
    """The network of a section from x to `size_out` numbers."""
    if section["name"] == "mlp":
        return nn.Sequential(nn.Flatten(), mlp(math.prod(event_shape), size_out, section))
    return dcgan_down(event_shape, size_out, section).to(memory_format=torch.channels_last)


def decoder(size_in, event_shape, section):
    """The network of a section from a code to x."""
    if section["name"] == "mlp":
        return mlp(size_in, math.prod(event_shape), section)
    return dcgan_up(size_in, event_shape, section).to(memory_format=torch.channels_last)
