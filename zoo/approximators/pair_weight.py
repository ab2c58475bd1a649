"""log Q(z|x)/P(x, z), which turns a density of x into a ratio of densities of pairs; and the models that have it.

For any Q(z|x),   E over P(x,z) of  Q''(x) Q(z|x) / P(x,z)  =  the integral of Q''(x),   where P > 0 wherever Q'' > 0.
"""


def log_pair_weight(at):
    """log Q(z|x) - log P(x|z) - log P(z) at a pair, [batch] in nats, with log P(z) itself whatever stands in for it."""
    return at.log_q_z_given_x - at.log_p_x_given_z - at.true_log_p_z


def check_pairs(model, name):
    """Refuses a model whose pairs are not drawn from the densities that it has at them.

    Args:
      model: the assembled model.
      name: of the approximator that works with pairs.

    Raises:
      ValueError: one line.
    """
    densities = {
        "log_p_x_given_z": "a likelihood with a density",
        "log_q_z_given_x": "an encoder and a posterior with a density",
        "true_log_p_z": "a prior with a density",
    }
    for field, part in densities.items():
        if not model.has(field):
            raise ValueError(f"{name} works with the densities of pairs (x, z) and needs {part}, which this model lacks")
    for option in ("noise_z", "kld_scale_x", "kld_scale_z"):
        if getattr(model.options, option):
            raise ValueError(
                f"{name} needs the densities that the pairs are drawn from, which config.model.{option} changes; set it to 0"
            )
