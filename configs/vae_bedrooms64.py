"""VAE on a folder of 64x64 bedroom photographs, with the networks of ehm_bedrooms64.

    python -m tools.train --config vae_bedrooms64 --workdir runs/vae_bedrooms64 --data_dir DIR
    python -m tools.evaluate --workdir runs/vae_bedrooms64 --measures=samples,reconstructions --num_examples 100

Source: Kingma and Welling, "Auto-Encoding Variational Bayes" (2014); networks: Radford et al. (2016).

One H200: 65 s beside two other runs. Seed 0, features of a classifier of rotations (docs/results.md): Frechet distance of
5,000 samples to the training photographs 10.2. Squared error of reconstructions of 100 test photographs 0.0235 +- 0.0010.
"""

import zoo

STEPS = 20_000


def get_config():
    """The experiment."""
    rate = dict(name="CosineDecay", initial_learning_rate=1e-3, decay_steps=STEPS)
    adam = dict(name="Adam", learning_rate=rate, beta_1=0.5, beta_2=0.9)
    changes = {
        "data.augment_flip": True,
        "data.validation_fraction": 0.0,  # there are only 5,000 photographs to learn from
        "model.latent_size": 32,
        "model.posterior.minimum_scale": 0.01,
        "model.likelihood.initial_scale": 0.1,
        "model.objective": dict(name="vae", closed_form_kl=True),
        "model.approximators": {},
        "model.noise_x": 0.0,
        "training.steps": STEPS,
        "training.validate_every": 0,
        "training.ema": 0.998,
        "training.precision": "bfloat16",
        "optimizers": dict(encoder=adam, decoder=adam),
    }
    return zoo.start_from("ehm_bedrooms64", changes)
