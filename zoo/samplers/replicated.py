"""Chains on several replicas: each evaluates the critic or the density at its share of them, and all else is done once.

Noise, moves and tests of acceptance belong to all chains together, so these are the same on any number of replicas, up to
rounding; what costs, the networks and their gradients, is shared. Shares need not be of one size.
"""

import tensorflow as tf
import tensorflow_probability as tfp

from zoo.samplers.flow import per_chain

EVALUATED = ("log_density", "log_weight", "critic")


def shared(target, strategy):
    """A target whose functions of states are evaluated by all replicas of a tf.distribute strategy."""
    if strategy.num_replicas_in_sync == 1:
        return target
    known = {name: getattr(target, name) for name in EVALUATED}
    return target._replace(**{name: _by_all(function, strategy) for name, function in known.items() if function is not None})


def _by_all(function, strategy):
    """function: states [chains, *event] -> [chains], each of its own state alone."""

    def own(state):
        count, chains = strategy.num_replicas_in_sync, tf.shape(state)[0]
        replica = tf.distribute.get_replica_context().replica_id_in_sync_group
        return tfp.math.value_and_gradient(function, state[replica * chains // count : (replica + 1) * chains // count])

    @tf.custom_gradient
    def of_all(state):
        state = tf.convert_to_tensor(state)
        found = (strategy.experimental_local_results(part) for part in strategy.run(own, args=(state,)))
        value, slope = (tf.concat(parts, 0) for parts in found)
        return tf.ensure_shape(value, state.shape[:1]), lambda upstream: per_chain(upstream, state) * slope

    return of_all
