"""Extended Helmholtz Machine on MNIST whose sleep phase alone learns the width of Q(z|x), with the networks of ehm_mnist.

    python -m tools.train --config ehm_calibrated_mnist --workdir runs/ehm_calibrated_mnist
    python -m tools.evaluate --workdir runs/ehm_calibrated_mnist --measures=samples,reconstructions,chains

What it does otherwise than ehm_mnist, and why:

- The critic reads clean data and the mean of P(x|z), as a GAN's does; only the encoder reads a little noise.
- A critic of codes pulls Q(z) onto P(z), in place of log P(z), which pulls every code to 0.
- Q(z|x) has a full covariance, whose width the sleep phase alone learns. The chain x -> z -> x should then keep P(z).
- The sleep phase adds noise to its codes, which pulls the chain back to P(z). Its codes come from the prior alone: beside a
  width that it alone learns, codes of Q(z|x) would feed on their own noise.
- The learning rate is higher and falls to 0; gradients are clipped.

Source: "Symmetric variational loss and GAN" (2017), section Results of EHM.

Not trained to the end. Seed 0, 10,000 steps in bfloat16 (training.precision; training.steps and every decay_steps 10000), two
busy cores, 21 minutes; Frechet distances in the features of a classifier that was trained on half of the training images:
samples 12.5 (10,000 against the test images); chain of means after 1,000 rounds 55.9 from data and 53.4 from the prior
(1,000 chains). Squared error of reconstructions 0.0150, error of codes on means 0.112.
The variance of codes along that chain is 1.6, not 1: Q(z|x) is still wider than the errors of the chain's own codes.
"""

import zoo

STEPS = 20_000


def get_config():
    """The experiment."""
    rate = dict(name="CosineDecay", initial_learning_rate=5e-4, decay_steps=STEPS)
    adam = dict(name="Adam", learning_rate=rate, beta_1=0.5, beta_2=0.9)
    changes = {
        "model.latent_size": 12,
        "model.noise_x": 0.0,
        "model.encoder_reads": "mean",
        "model.noise_encoder": 0.05,
        "model.wake_moves_scale": False,
        "model.noise_z": 0.2,
        "model.posterior": dict(name="multivariate_normal", initial_scale=0.2, minimum_scale=0.05),
        "model.approximators.log_q_x": dict(
            name="wasserstein", network=dict(name="dcgan", width=32), scale=50.0, steps=2, reads="mean"
        ),
        "model.approximators.log_p_z": dict(name="wasserstein", network=dict(name="mlp", hidden_sizes=(64, 64)), scale=30.0),
        "training.steps": STEPS,
        "training.ema": 0.998,
        "training.clip_norm": 1_000.0,
        "optimizers": dict(encoder=adam, decoder=adam, log_q_x=adam, log_p_z=adam),
    }
    return zoo.start_from("ehm_mnist", changes)
