"""A prior of a user's own, outside of the zoo: a distribution of tfp for each number of the code, with learned parameters."""

import keras
import tensorflow as tf
import tensorflow_probability as tfp

tfd = tfp.distributions

FAMILIES = {
    "beta": lambda a, b: tfd.Beta(a, b),
    "cauchy": lambda a, b: tfd.Cauchy(a, b),
    "chi2": lambda a, b: tfd.Chi2(a + b),
    "exponential": lambda a, b: tfd.Exponential(a + b),
    "gamma": lambda a, b: tfd.Gamma(a, b),
    "generalized_normal": lambda a, b: tfd.GeneralizedNormal(a, b, a + b),
    "gumbel": lambda a, b: tfd.Gumbel(a, b),
    "half_student_t": lambda a, b: tfd.HalfStudentT(a + 3.0, a, b),
    "inverse_gamma": lambda a, b: tfd.InverseGamma(a + 3.0, b),
    "kumaraswamy": lambda a, b: tfd.Kumaraswamy(a, b),
    "laplace": lambda a, b: tfd.Laplace(a, b),
    "logistic": lambda a, b: tfd.Logistic(a, b),
    "log_normal": lambda a, b: tfd.LogNormal(a, b),
    "mixture": lambda a, b: tfd.Mixture(tfd.Categorical(tf.stack([a, b], -1)), [tfd.Normal(a, b), tfd.StudentT(3.0, a, b)]),
    "negative_binomial": lambda a, b: tfd.NegativeBinomial(a, logits=b),
    "poisson": lambda a, b: tfd.Poisson(a + b),
    "student_t": lambda a, b: tfd.StudentT(a + 3.0, a, b),
    "truncated_normal": lambda a, b: tfd.TruncatedNormal(a, b, a - 1.0, a + 1.0),
    "von_mises": lambda a, b: tfd.VonMises(a, b),
    "weibull": lambda a, b: tfd.Weibull(a + 1.0, b),
}


class Own(keras.layers.Layer):
    """P(z): independent numbers of one family."""

    SUPPORT = "real"
    PATHWISE = True
    DENSITY = True

    def __init__(self, event_shape, family):
        super().__init__()
        self.family = FAMILIES[family]
        self.first = self.add_weight(shape=event_shape, initializer="ones", name="first")
        self.second = self.add_weight(shape=event_shape, initializer="ones", name="second")

    def distribution(self):
        """A tfd with the code's shape and no batch."""
        return tfd.Independent(self.family(self.first.value, self.second.value), 1)


def prior(event_shape, *, family: str = "student_t"):
    """Independent numbers of one of FAMILIES."""
    return Own(event_shape, family)
