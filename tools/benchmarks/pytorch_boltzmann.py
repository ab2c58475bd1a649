"""The restricted Boltzmann machine of the comparison in PyTorch, its gradient written out as such programs have it."""

import math

import torch
from torch import nn


class RestrictedBoltzmann(nn.Module):
    """Binary units x [batch, visible] and z [batch, hidden], trained by CD-k with plain descent."""

    def __init__(self, config, event_shape):
        super().__init__()
        self.sections, joint = config["model"], config["model"]["joint"]
        visible, hidden = math.prod(event_shape), self.sections["latent_size"]
        self.between = nn.Parameter(joint.get("start_scale", 0.01) * torch.randn(visible, hidden))
        self.visible, self.hidden = nn.Parameter(torch.zeros(visible)), nn.Parameter(torch.zeros(hidden))
        self.gibbs_steps = joint["gibbs_steps"]

    def prepare(self, config):
        """Takes the learning rate."""
        self.rate = config["optimizers"]["joint"]["learning_rate"]

    def compile_parts(self):
        """torch.compile of a sweep."""
        self.sweep = torch.compile(self.sweep)

    def code(self, x):
        """The probabilities of P(z|x)."""
        return torch.sigmoid(torch.addmm(self.hidden, x, self.between))

    def sweep(self, probabilities):
        """(x ~ P(x|z), the probabilities of P(z|x)) for z of the given ones."""
        x = torch.bernoulli(torch.sigmoid(torch.addmm(self.visible, torch.bernoulli(probabilities), self.between.T)))
        return x, self.code(x)

    @torch.no_grad()
    def step(self, x):
        """One step; what is shown: the mean squared difference of data and fantasies."""
        here = there = self.code(x)
        for _ in range(self.gibbs_steps):
            fantasy, there = self.sweep(there)
        size = self.rate / len(x)
        self.between.addmm_(x.T, here, alpha=size).addmm_(fantasy.T, there, alpha=-size)
        self.visible.add_((x - fantasy).sum(0), alpha=size)
        self.hidden.add_((here - there).sum(0), alpha=size)
        return (x - fantasy).square().mean()[None]
