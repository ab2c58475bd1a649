"""Every objective as the theory writes it: one formula for each phase, with one letter for each log-density.

    a = log P(x|z),  b = log P(z),  c = log Q(z|x),  d = log Q(x)

The wake phase is averaged over Q(x, z), the sleep phase over P(x, z).
"""

LETTERS = {"a": "log_p_x_given_z", "b": "log_p_z", "c": "log_q_z_given_x", "d": "log_q_x"}

FORMULAS = {
    "vae": {"wake": lambda a, b, c, d: c - a - b},
    "symmetric_vae": {"wake": lambda a, b, c, d: c - a - b, "sleep": lambda a, b, c, d: a - d - c},
    "extended_helmholtz": {"wake": lambda a, b, c, d: -a - b, "sleep": lambda a, b, c, d: -c - d},
    "gan": {"sleep": lambda a, b, c, d: -d},
}


def evaluate(formula, at):
    """A formula at a struct of log-densities; those it lacks are None."""
    return formula(**{letter: getattr(at, field, None) for letter, field in LETTERS.items()})
