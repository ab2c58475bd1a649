"""Logistic critic of samples and reconstructions, whose last hidden layer says how alike two examples are.

    loss    E over Q(x) of softplus(-f(x))  +  E over P(x) of softplus(f(x)) / 2  +  E over R(x) of softplus(f(x)) / 2

R(x) are reconstructions: z ~ Q(z|x') at data x', then x ~ P(x|z). The loss is least where f(x) = log Q(x) / M(x), with the
mixture M of P and R in halves, in nats. The features h(x) are what the network's head is a function of. They give

    log P(h(x)|z) = -|h(x) - h(m(z))|^2 / 2,    m(z) the mean of P(x|z)

up to a constant: x and m(z) are alike where the critic sees the same. Which units h has is the critic's own choice, so that the
number is no density of x.

With `penalty_weight` above 0 the squared slope on data is added, penalty_weight/2 |grad_x f(x)|^2, x ~ Q(x).

Source: Larsen et al., "Autoencoding beyond pixels using a learned similarity metric" (2016), equations 7 and 8; the weights of
P and R are those of its authors' code. Penalty: Mescheder et al. (2018), equation 9 (R1).
"""

import tensorflow as tf

from zoo.approximators import critic
from zoo.approximators.gradient_penalty import squared_gradient
from zoo.networks.hidden import last_hidden

STANDS_IN_FOR = ("log_q_x",)


class FeatureCritic(critic.Critic):
    """f(x) = log Q(x)/M(x), and h(x)."""

    KIND = "ratio"
    TAKES_LABELS = False

    def __init__(self, field, network, penalty_weight):
        super().__init__(field, network)
        self.penalty_weight = penalty_weight
        self.TERMS = ("loss", "accuracy", "penalty") if penalty_weight else ("loss", "accuracy")
        hidden = last_hidden(network, "feature_critic")
        # A function, so that its layers are tracked as the network's alone.
        self._hidden = lambda x, training: hidden(x, training=training)

    def connect(self, model):
        """Refuses a model without reconstructions."""
        if not model.has_posterior:
            raise ValueError(
                "feature_critic learns from reconstructions too: it needs config.model.encoder and config.model.posterior; "
                "choose logistic for a model without"
            )

    def features(self, x, training=True):
        """h, [batch, features]."""
        hidden = tf.cast(self._hidden(x, training), x.dtype)  # below the head it may be bfloat16
        return tf.reshape(hidden, [tf.shape(hidden)[0], -1])

    def log_p_features_given_z(self, at):
        """log P(h(x)|z) at a pair, up to a constant, [batch]."""
        x = getattr(at, self.field)
        difference = self.features(x, at.training) - self.features(at.likelihood.mean(), at.training)
        return -tf.reduce_sum(tf.square(difference), axis=1) / 2

    def losses(self, high, low, seed):
        """The binary cross entropy, the share of examples on the right side, and the penalty if there is one; [batch]."""
        real, drawn, rebuilt = (self.critic(getattr(at, self.field)) for at in (high, low, low.other("reconstruction")))
        parts = [critic.logistic_terms(real, fake) for fake in (drawn, rebuilt)]
        terms = {name: (parts[0][name] + parts[1][name]) / 2 for name in parts[0]}
        if self.penalty_weight:
            terms["penalty"] = squared_gradient(self.critic, getattr(high, self.field))
            terms["loss"] += self.penalty_weight / 2 * terms["penalty"]
        return terms


def build(shapes, *, network: dict, penalty_weight: float = 0.0):
    """A logistic critic with features.

    Args:
      shapes: {"x": event_shape}.
      network: the part that maps x to one number.
      penalty_weight: gamma of R1; 0 for none.

    Raises:
      ValueError: for a negative penalty, batch normalization under one, or a network that shows no hidden layer.
    """
    if penalty_weight < 0:
        raise ValueError(f"feature_critic: penalty_weight must be at least 0, found {penalty_weight}")
    if penalty_weight:
        critic.refuse_batch_normalization("feature_critic", network)
    return FeatureCritic(*critic.make({"x": shapes["x"]}, network), penalty_weight)
