"""Chains of every sampler: on one device, or, run as a program, on two logical ones.

    python tests/samplers/replicated.py OUTPUT.npz

The number of chains is odd, so that the two replicas' shares differ in size.
"""

import sys

import numpy as np

CHAINS, STEPS, FORGOTTEN = 5, 6, 10
NAMES = ("hmc", "independent_metropolis_hastings", "discriminator_gradient_flow")  # by a density, by weights, by the critic


def chains(names=NAMES):
    """{sampler: states, acceptance in their last row} under the strategy of here, float64."""
    import tensorflow as tf

    from zoo import noise
    from zoo.samplers import running
    from zoo.samplers.targets import Target

    critic = lambda x: tf.sin(x[:, 0]) + x[:, 1] ** 2 / 4 - x[:, 0] ** 4 / 8  # noqa: E731
    propose = lambda count, seed: noise.standard_normal([count, 2], seed, tf.float64)  # noqa: E731
    density = lambda x: critic(x) - tf.reduce_sum(x**2, 1) / 2  # noqa: E731
    target = Target(density, critic, critic, propose, critic_kind="ratio", space="z")
    found = {}
    for name in names:
        run = running.run(name, target, propose(CHAINS, [3, 4]), STEPS, [1, 2], step_size=0.3, forgotten=FORGOTTEN)
        found[name] = np.append(run.states.ravel(), [run.acceptance or 0.0, run.step_size or 0.0])
    return found


def _main(output):
    import tensorflow as tf

    cpu = tf.config.list_physical_devices("CPU")[0]
    tf.config.set_logical_device_configuration(cpu, [tf.config.LogicalDeviceConfiguration()] * 2)
    strategy = tf.distribute.MirroredStrategy([device.name for device in tf.config.list_logical_devices("CPU")])
    assert strategy.num_replicas_in_sync == 2
    with strategy.scope():
        np.savez(output, **chains())


if __name__ == "__main__":
    _main(sys.argv[1])
