"""WGAN-GP on a folder of 64x64 bedroom photographs, with the networks of ehm_bedrooms64.

    python -m tools.train --config wgan_gp_bedrooms64 --workdir runs/wgan_gp_bedrooms64 --data_dir DIR
    python -m tools.evaluate --workdir runs/wgan_gp_bedrooms64 --measures=samples --num_examples 100

Source: Gulrajani et al., "Improved Training of Wasserstein GANs" (2017); networks: Radford et al. (2016).

One H200: 106 s beside two other runs. Seed 0, features of a classifier of rotations (docs/results.md): Frechet distance of
5,000 samples to the training photographs 3.0. By eye pieces of rooms, half of them with artefacts.
"""

import zoo


def get_config():
    """The experiment."""
    rate = dict(name="CosineDecay", initial_learning_rate=5e-4, decay_steps=20_000)
    adam = dict(name="Adam", learning_rate=rate, beta_1=0.5, beta_2=0.9)
    critic = dict(name="wasserstein", network=dict(name="dcgan", width=32), scale=1.0, steps=2)
    changes = {
        "model.encoder": "",
        "model.posterior": "",
        "model.likelihood": dict(name="deterministic", loc_activation="sigmoid"),
        "model.objective": "gan",
        "model.approximators": dict(log_q_x=critic),
        "optimizers": dict(decoder=adam, log_q_x=adam),
    }
    return zoo.start_from("vae_bedrooms64", changes)
