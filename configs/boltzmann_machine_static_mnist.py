"""Restricted Boltzmann machine 784-500 on static MNIST, by persistent chains.

    python -m tools.train --config boltzmann_machine_static_mnist --workdir runs/boltzmann_machine_static_mnist
    python -m tools.evaluate --workdir runs/boltzmann_machine_static_mnist --measures=partition --annealing_steps 20000

CD-k in its place: --config.model.joint.chains=0 --config.model.joint.gibbs_steps=25

Source: Salakhutdinov and Murray, "On the Quantitative Analysis of Deep Belief Networks" (2008), sizes and measure; Tieleman,
"Training Restricted Boltzmann Machines using Approximations to the Likelihood Gradient" (2008), chains and decaying rate.

Not trained to the end. With 20,000 steps and decay_steps: 8 minutes on two busy cores, seed 0, log P(x) -90.1 +- 0.3 nats
on test images (docs/results.md).
"""

import zoo


def get_config():
    """The experiment."""
    rate = dict(name="PolynomialDecay", initial_learning_rate=0.05, end_learning_rate=0.0, decay_steps=100_000)
    return zoo.experiment(
        data=dict(name="binarized_mnist", batch_size=100, binarization="static"),
        model=dict(latent_size=500, joint=dict(name="boltzmann_machine", chains=100, gibbs_steps=5)),
        # XLA draws a sweep's noise on one core. Without it a step took 24 ms of processor time and not 28, and half as long.
        training=dict(steps=100_000, log_every=500, steps_per_execution=100, pictures_every=10_000, jit_compile="off"),
        optimizers=dict(joint=dict(name="SGD", learning_rate=rate)),
    )
