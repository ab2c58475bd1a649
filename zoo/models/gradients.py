"""From losses to gradients, network by network.

Each is this slice's share of the gradient of the mean over the GLOBAL batch (zoo/replicas.py).
"""

import tensorflow as tf

from zoo import replicas


def gradient(tape, loss, variables, part=replicas.WHOLE):
    """The gradient of the mean of a loss [...] over the GLOBAL batch, this slice's share: a list; None where none."""
    weight = tf.ones_like(loss) / tf.cast(tf.size(loss) * replicas.count() * part.number, loss.dtype)
    return tape.gradient(loss, [variable.value for variable in variables], output_gradients=weight)


def by_network(tape, losses, moves, networks, part=replicas.WHOLE):
    """{network: gradients of the sum of the losses that move it}.

    Args:
      tape: persistent, with the losses on it.
      losses: {phase: [batch]}.
      moves: {phase: names of the networks that it moves}; those that are frozen have no variables below.
      networks: {name: variables}.
      part: which part of the replica's batch the losses are of.

    Raises:
      ValueError: for a weight that none of the losses gives a gradient.
    """
    sums = {}
    for phase, loss in losses.items():
        variables = [variable for name in moves[phase] for variable in networks.get(name, ())]
        for variable, value in zip(variables, gradient(tape, loss, variables, part), strict=True):
            if value is not None:
                # By identity: two networks may hold layers of the same name.
                sums[id(variable)] = sums[id(variable)] + value if id(variable) in sums else value
    moved = {name: networks[name] for name in networks if any(name in names for names in moves.values())}
    if missing := [v.path for group in moved.values() for v in group if id(v) not in sums]:
        raise ValueError(f"the objective gives no gradient to {', '.join(missing)}")
    return {name: [sums[id(variable)] for variable in group] for name, group in moved.items()}
