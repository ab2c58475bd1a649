"""Extended Helmholtz Machine on MNIST with a narrow code and a noise that keeps P(z), by the networks of ehm_mnist.

    python -m tools.train --config ehm_noisy_code_mnist --workdir runs/ehm_noisy_code_mnist --config.training.precision=bfloat16
    python -m tools.evaluate --workdir runs/ehm_noisy_code_mnist --measures=samples,reconstructions,chains

What it does otherwise than ehm_mnist, and why:

- The critic reads clean data and the mean of P(x|z), as a GAN's does; only the encoder reads a little noise.
- A critic of codes pulls Q(z) onto P(z), in place of log P(z), which pulls every code to 0.
- Codes are narrow in training. What chains draw from has noise that keeps P(z) (zoo/distributions/noisy_code.py).
- The learning rate is twenty times as high and falls to 0; weights are averaged; gradients are clipped.

Source: "Symmetric variational loss and GAN" (2017), section Results of EHM. The critic's recipe is this project's own.

Not trained to the end.
"""

import zoo

STEPS = 20_000


def get_config():
    """The experiment."""
    rate = dict(name="CosineDecay", initial_learning_rate=4e-3, decay_steps=STEPS)
    adam = dict(name="Adam", learning_rate=rate, beta_1=0.5, beta_2=0.9)
    changes = {
        "model.latent_size": 8,
        "model.noise_x": 0.0,
        "model.encoder_reads": "mean",
        "model.noise_encoder": 0.02,
        "model.posterior": dict(name="noisy_code", scale=0.1, draw_scale=0.03, noise=0.6),
        "model.approximators.log_q_x": dict(
            name="wasserstein", network=dict(name="dcgan", width=32), scale=45.0, steps=2, reads="mean"
        ),
        "model.approximators.log_p_z": dict(name="wasserstein", network=dict(name="mlp", hidden_sizes=(64, 64)), scale=30.0),
        "training.steps": STEPS,
        "training.ema": 0.998,
        "training.clip_norm": 1_000.0,
        "optimizers": dict(encoder=adam, decoder=adam, log_q_x=adam, log_p_z=adam),
    }
    return zoo.start_from("ehm_mnist", changes)
