"""Restricted Boltzmann machine 16-16 on 4x4 bars, by persistent chains.

    python -m tools.train --config boltzmann_machine_bars --workdir runs/boltzmann_machine_bars
    python -m tools.evaluate --workdir runs/boltzmann_machine_bars --measures=partition

The data's entropy, 3.379 nats, is the least negative log-likelihood there is. Seed 0, log Z by
enumeration: 3.47 nats. CD-1 in its place (chains=0, gibbs_steps=1) has 4.76 after 4,000 steps, and 5.75 at the end.

Source: Tieleman, "Training Restricted Boltzmann Machines using Approximations to the Likelihood Gradient" (2008).
"""

import zoo


def get_config():
    """The experiment."""
    rate = dict(name="PolynomialDecay", initial_learning_rate=0.1, end_learning_rate=0.001, decay_steps=20_000)
    return zoo.experiment(
        data=dict(name="bars", batch_size=100, binarization="static"),
        model=dict(latent_size=16, joint=dict(name="boltzmann_machine", chains=400, gibbs_steps=5)),
        training=dict(steps=20_000, log_every=500, steps_per_execution=100),
        optimizers=dict(joint=dict(name="SGD", learning_rate=rate)),
    )
