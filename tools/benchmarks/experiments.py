"""The experiments that the works are about: those of configs/, and the DCGAN networks on random pictures."""

import zoo

PACKAGE = __package__  # where the benchmark's own data sets are
PICTURES = 2048  # 20 steps of 64 need 1,280, a tenth is held out for tests and a tenth for validation


def on_random_pictures(config, image_size):
    """The same experiment on random pictures of its size in memory."""
    sections = config.to_dict()
    data = dict(name=f"{PACKAGE}.pictures", image_size=image_size, batch_size=config.data.batch_size)
    return zoo.experiment(**sections | {"data": data})


def _model(objective, dcgan):
    """What the objectives share: their decoder, and what only some of them have."""
    encoded = {"encoder": dcgan, "posterior": dict(name="normal", minimum_scale=0.1)}
    likelihood = dict(name="normal", scale="fixed", initial_scale=0.2, loc_activation="sigmoid")
    critic = {"approximators": {"log_q_x": dict(name="wasserstein", network=dcgan)}}
    return {
        "vae": encoded | {"likelihood": likelihood},
        "gan": critic | {"likelihood": dict(name="deterministic", loc_activation="sigmoid")},
        "extended_helmholtz": encoded | critic | {"likelihood": likelihood, "noise_x": 0.2},
    }[objective]


def dcgan(objective, *, image_size=32, width=32, batch_size=64):
    """DCGAN networks on random pictures of three channels, one critic step with gradient penalty.

    Args:
      objective: vae, gan (WGAN-GP) or extended_helmholtz.
      image_size, width, batch_size: of the pictures, of the layer next to them, of a step.
    """
    network = dict(name="dcgan", width=width)
    adam = dict(name="Adam", learning_rate=2e-4, beta_1=0.5, beta_2=0.9)
    model = dict(latent_size=64, decoder=network, objective=objective) | _model(objective, network)
    return zoo.experiment(
        data=dict(name=f"{PACKAGE}.pictures", image_size=image_size, batch_size=batch_size, count=PICTURES),
        model=model,
        training=dict(steps_per_execution=10),
        optimizers=dict.fromkeys(("encoder", "decoder", *model.get("approximators", ())), adam),
    )
