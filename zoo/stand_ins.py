"""What may stand in for a log-density, as data: which it is, what it is a function of, and which pairs it tells apart.

Kinds of pairs have the names of zoo/models/pairs.py.
"""

import typing


class StandIn(typing.NamedTuple):
    """One log-density that an approximator may stand in for.

    Attributes:
      inputs: the fields of a pair that it is a function of.
      high, low: the kinds of pairs on which it has to be high, and low.
    """

    inputs: tuple
    high: str
    low: str


STAND_INS = {
    "log_q_x": StandIn(("x",), high="wake", low="sleep"),  # log Q(x)
    "log_p_z": StandIn(("z",), high="prior", low="wake"),  # log P(z)
    "log_ratio": StandIn(("x", "z"), high="wake", low="sleep"),  # log Q(x,z)/P(x,z)
    "log_posterior_ratio": StandIn(("x", "z"), high="wake", low="independent"),  # log Q(z|x)/P(z)
    "log_likelihood_ratio": StandIn(("x", "z"), high="sleep", low="independent"),  # log P(x|z)/Q(x)
}
