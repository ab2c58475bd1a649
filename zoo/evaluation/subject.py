"""What evaluation asks of a model: the one interface of a trained model, an exported one, and any other that is measured.

What a model cannot answer it says by one of the attributes, and the measures tell it as the reason for a missing value.
zoo/models/latent_variable_model.py and zoo/evaluation/exported.py are subjects.
"""

import typing


@typing.runtime_checkable
class Subject(typing.Protocol):
    """A model that is measured. x are tensors [batch, *event_shape] in the model's range, z [batch, latent_size].

    Attributes:
      event_shape: of one x, a tuple.
      latent_size: numbers in one z.
      has_posterior: whether there is Q(z|x); without it `posterior`, `code`, `reconstruct` and a bound are not asked for.
      has_likelihood_bound: whether there is a bound of log P(x): Q(z|x), and densities all round.
      has_distributions: whether the three distributions are tfds: their log_prob takes codes and examples of any batch and
        has gradients. Otherwise they draw, have a mean, and log-densities of whole batches, and no more.
      code_support: what z is: "real" or "binary".
      likelihood_support: what P(x|z) is a density or a probability of: "real" and "unit" are densities; "binary" a
        probability of 0 and 1, "levels" of grey levels; None if it is not known.
      bounds: None where the bounds are estimated from the distributions. Otherwise a function (x, num_samples, seed) ->
        {"importance_weighted_bound", "elbo"}, numpy [n] in nats, of x [n, *event_shape].
      energy: None, or what is known of a joint up to its normalizing constant, a zoo.models.boltzmann_machine.BoltzmannMachine.
    """

    event_shape: tuple
    latent_size: int
    has_posterior: bool
    has_likelihood_bound: bool
    has_distributions: bool
    code_support: str
    likelihood_support: str | None
    bounds: typing.Callable | None
    energy: object | None

    def has(self, field):
        """Whether `log_densities` gives log_p_x_given_z, log_p_z, log_q_z_given_x, log_q_x (a stand-in) ...

        With "code" Q(z|x) is the law of a code with noise, and not of the code itself.
        """

    def prior(self):
        """P(z), which draws one z for each seed."""

    def posterior(self, x):
        """Q(z|x)."""

    def likelihood(self, z):
        """P(x|z)."""

    def generate(self, z):
        """The mean of P(x|z)."""

    def code(self, x):
        """The one z that stands for all of Q(z|x), [batch, latent_size]."""

    def reconstruct(self, x):
        """The mean of P(x|z) at the code of x."""

    def log_densities(self, x, z):
        """The log-densities at pairs, [batch] nats, as attributes; z may be None for those of x alone."""
