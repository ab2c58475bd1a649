"""Which two kinds of pairs an approximator tells apart, by what it stands in for.

    stands in for            high on                     low on
    log_q_x                  x ~ Q(x)                    x ~ P(x)
    log_p_z                  z ~ P(z)                    z ~ Q(z)
    log_ratio                (x, z) ~ Q(x, z)            (x, z) ~ P(x, z)
    log_posterior_ratio      x ~ Q(x), z ~ Q(z|x)        x ~ Q(x), z ~ P(z)
    log_likelihood_ratio     z ~ P(z), x ~ P(x|z)        x ~ Q(x), z ~ P(z)

All are made of one wake pair and one sleep pair.
"""

from zoo.models.pair import Pair


def _independent(wake, sleep):
    """x from the data beside an unrelated z from the prior."""
    return Pair(wake.model, wake.x, sleep.z, training=wake.training)


CONTRASTS = {
    "log_q_x": lambda wake, sleep: (wake, sleep),
    "log_p_z": lambda wake, sleep: (sleep, wake),
    "log_ratio": lambda wake, sleep: (wake, sleep),
    "log_posterior_ratio": lambda wake, sleep: (wake, _independent(wake, sleep)),
    "log_likelihood_ratio": lambda wake, sleep: (sleep, _independent(wake, sleep)),
}
# The fields of a pair that an approximator is a function of.
INPUTS = {
    "log_q_x": ("x",),
    "log_p_z": ("z",),
    "log_ratio": ("x", "z"),
    "log_posterior_ratio": ("x", "z"),
    "log_likelihood_ratio": ("x", "z"),
}
