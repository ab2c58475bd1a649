"""The models of the comparison in PyTorch, one optimizer step as a PyTorch user would write it; x is [batch, channels, ...].

The work is shared as in the zoo: the critic sees real and generated examples in one batch, and the sleep phase trains on the
generated batch that moved the critic. For networks of dense layers x is flat.
"""

import math

import torch
from torch import nn
from torch.nn import functional

from . import pytorch_networks as networks
from .pytorch_boltzmann import RestrictedBoltzmann

LOG_2_PI = math.log(2 * math.pi)


def _log_normal(x, loc, scale):
    each = ((x - loc) / scale).square().sum(tuple(range(1, x.ndim))) / -2
    log_scale = scale.log().sum(-1) if torch.is_tensor(scale) else x[0].numel() * math.log(scale)
    return each - log_scale - x[0].numel() * LOG_2_PI / 2


class Model(nn.Module):
    """What the models share: networks, optimizers, densities."""

    def __init__(self, config, event_shape):
        super().__init__()
        self.sections, latent = config["model"], config["model"]["latent_size"]
        self.latent_size, self.optimizers = latent, {}
        self.decoder = networks.decoder(latent, event_shape, self.sections["decoder"])
        if self.sections["encoder"]["name"]:
            self.encoder = networks.encoder(event_shape, 2 * latent, self.sections["encoder"])
            posterior = self.sections["posterior"]
            self.floor = posterior["minimum_scale"]
            self.offset = math.log(math.expm1(posterior["initial_scale"] - self.floor))
        if "log_q_x" in self.sections["approximators"]:
            self.critic_section = self.sections["approximators"]["log_q_x"]
            self.critic = networks.encoder(event_shape, 1, self.critic_section["network"])
        self.event_size = math.prod(event_shape)

    def prepare(self, config):
        """Makes the optimizers, with the update that is fastest on a CPU: the fused one."""
        for name, section in config["optimizers"].items():
            part = self.critic if name == "log_q_x" else getattr(self, name, None)
            weights = [part] if isinstance(part, nn.Parameter) else list(part.parameters()) if part is not None else []
            rate = section["learning_rate"]
            rate = rate["values"][0] if isinstance(rate, dict) else rate
            if weights:
                betas = section["beta_1"], section["beta_2"]
                self.optimizers[name] = torch.optim.Adam(weights, rate, betas, eps=1e-7, fused=True)

    def compile_parts(self):
        """torch.compile of what it can take whole here: the networks, which a gradient penalty differentiates twice."""
        for name in ("encoder", "decoder", "critic"):
            if hasattr(self, name):
                getattr(self, name).compile()

    def posterior(self, x):
        """loc and scale of Q(z|x)."""
        loc, raw = self.encoder(x).chunk(2, dim=-1)
        return loc, self.floor + functional.softplus(raw + self.offset)

    def log_likelihood(self, x, outputs):
        """log P(x|z) at what the decoder puts out."""
        if self.sections["likelihood"]["name"] == "bernoulli":
            each = functional.binary_cross_entropy_with_logits(outputs, x.expand_as(outputs), reduction="none")
            return -each.sum(-1)
        return _log_normal(x, torch.sigmoid(outputs), self.sections["likelihood"]["initial_scale"])

    def _descend(self, loss, names):
        for name in names:
            self.optimizers[name].zero_grad()
        loss.backward(inputs=[weight for name in names for weight in self.optimizers[name].param_groups[0]["params"]])
        for name in names:
            self.optimizers[name].step()

    def _move_critic(self, real, fake):
        mix = torch.rand(len(real), 1, 1, 1)
        between = torch.lerp(fake, real, mix).requires_grad_()
        high, low = self.critic(torch.cat([real, fake])).chunk(2)
        (gradient,) = torch.autograd.grad(self.critic(between).sum(), between, create_graph=True)
        penalty = (gradient.square().sum((1, 2, 3)).add(1e-12).sqrt() - 1).square()
        loss = (low - high).mean() + self.critic_section["penalty_weight"] * penalty.mean()
        self._descend(loss, ["log_q_x"])
        return loss.detach()


class Vae(Model):
    """The negative ELBO: the KL divergence in closed form, or with a VampPrior at the sample."""

    def __init__(self, config, event_shape):
        super().__init__(config, event_shape)
        prior = self.sections["prior"]
        if prior["name"] == "vamp_prior":
            self.prior = nn.Parameter(torch.rand(prior["components"], self.event_size))

    def compile_parts(self):
        """torch.compile of the losses with their networks."""
        self.terms, self.log_weights = torch.compile(self.terms), torch.compile(self.log_weights)

    def _rate(self, z, loc, scale):
        if not hasattr(self, "prior"):
            return ((loc.square() + scale.square() - 1) / 2 - scale.log()).sum(1)
        own = torch.distributions.Normal(loc, scale, validate_args=False).log_prob(z).sum(1)
        means, scales = self.posterior(self.prior)
        # sum over dimensions of ((z - m) / s)^2 as matrix products: [batch, components].
        precision = scales.square().reciprocal()
        squares = z.square() @ precision.T - 2 * z @ (means * precision).T + (means.square() * precision).sum(1)
        log_components = squares / -2 - scales.log().sum(1) - self.latent_size * LOG_2_PI / 2
        return own - torch.logsumexp(log_components, 1) + math.log(len(self.prior))

    def terms(self, x, noise):
        """(loss, reconstruction, rate), each a mean over the batch."""
        loc, scale = self.posterior(x)
        z = loc + scale * noise
        reconstruction = -self.log_likelihood(x, self.decoder(z)).mean()
        rate = self._rate(z, loc, scale).mean()
        return reconstruction + rate, reconstruction, rate

    def step(self, x):
        """One step; what is shown."""
        terms = self.terms(x, torch.randn(len(x), self.latent_size))
        self._descend(terms[0], list(self.optimizers))
        if hasattr(self, "prior"):
            with torch.no_grad():
                self.prior.clamp_(0, 1)
        return torch.stack(terms).detach()

    def log_weights(self, x, draws):
        """log w of `draws` codes at one example [1, size]."""
        loc, scale = self.posterior(x)
        noise = torch.randn(draws, self.latent_size)
        z = loc + scale * noise
        log_q = noise.square().sum(1) / -2 - scale.log().sum(1)
        return self.log_likelihood(x, self.decoder(z)) - z.square().sum(1) / 2 - log_q


class Gan(Model):
    """WGAN-GP."""

    def step(self, x):
        """One step; what is shown."""
        fake = torch.sigmoid(self.decoder(torch.randn(len(x), self.latent_size)))
        critic = self._move_critic(x, fake.detach())
        loss = -self.critic_section["scale"] * self.critic(fake).mean()
        self._descend(loss, ["decoder"])
        return torch.stack([loss.detach(), critic])


class ExtendedHelmholtz(Model):
    """EHM."""

    def step(self, x):
        """One step; what is shown."""
        x = x + self.sections["noise_x"] * torch.randn_like(x)
        loc, scale = self.posterior(x)
        z = loc + scale * torch.randn_like(loc)
        code = torch.randn_like(loc)
        outputs, generated = self.decoder(z), self.decoder(code)
        wake = (z.square().sum(1) + self.latent_size * LOG_2_PI) / 2 - self.log_likelihood(x, outputs)
        fake = torch.sigmoid(generated)
        fake = fake + self.sections["likelihood"]["initial_scale"] * torch.randn_like(fake)
        critic = self._move_critic(x, fake.detach())
        sleep = -_log_normal(code, *self.posterior(fake)) - self.critic_section["scale"] * self.critic(fake)[:, 0]
        self._descend((wake + sleep).mean(), ["encoder", "decoder"])
        return torch.stack([wake.mean().detach(), sleep.mean().detach(), critic])


OF_OBJECTIVE = {
    "vae": Vae,
    "gan": Gan,
    "extended_helmholtz": ExtendedHelmholtz,
    "contrastive_divergence": RestrictedBoltzmann,
}


def build(config, event_shape):
    """The model of an experiment's sections."""
    model = OF_OBJECTIVE[config["model"]["objective"]["name"]](config, tuple(event_shape))
    model.prepare(config)
    return model
