"""The Extended Helmholtz Machine of ehm_noisy_code_mnist on a folder of 64x64 bedroom photographs.

    python -m tools.train --config ehm_noisy_code_bedrooms64 --workdir runs/ehm_noisy_code_bedrooms64 --data_dir DIR
    python -m tools.evaluate --workdir runs/ehm_noisy_code_bedrooms64 --measures=samples,reconstructions --num_examples 100

The critic of x has three times the scale that it has on MNIST: the gradient of the squared error is three times as long here.

Source: "Symmetric variational loss and GAN" (2017), section Results of EHM; networks: Radford et al. (2016).

Not trained to the end.
"""

import zoo


def get_config():
    """The experiment."""
    rate = dict(name="CosineDecay", initial_learning_rate=1e-3, decay_steps=20_000)
    adam = dict(name="Adam", learning_rate=rate, beta_1=0.5, beta_2=0.9)
    pictures, codes = dict(name="dcgan", width=32), dict(name="mlp", hidden_sizes=(256, 256))
    changes = {
        "model.encoder_reads": "mean",
        "model.noise_encoder": 0.02,
        "model.posterior": dict(name="noisy_code", scale=0.1, draw_scale=0.03, noise=0.6),
        "model.objective": "extended_helmholtz",
        "model.approximators": dict(
            log_q_x=dict(name="wasserstein", network=pictures, scale=140.0, steps=2, reads="mean"),
            log_p_z=dict(name="wasserstein", network=codes, scale=100.0),
        ),
        "training.clip_norm": 10_000.0,
        "optimizers": dict(encoder=adam, decoder=adam, log_q_x=adam, log_p_z=adam),
    }
    return zoo.start_from("vae_bedrooms64", changes)
