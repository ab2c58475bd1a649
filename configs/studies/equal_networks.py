"""The claim: samples, reconstructions, chains and codes of one symmetric model beside its rivals, at equal networks and data.

    python -m tools.study --study configs/studies/equal_networks.py --output runs/studies/equal_networks

DCGAN networks of width 32, MNIST's grey levels, batch 100, 12 dimensions, 20,000 steps, averaged weights, a learning rate
that falls to 0 along a cosine. The first learning rate of each row is the best of 2e-4, 5e-4 and 1e-3.
"""

from zoo.studies import Column, Measure, Net, Pictures, Rounds, Run, Study, Table

STEPS = 20_000
RECIPE = {
    "training.steps": STEPS,
    "training.ema": 0.998,
    "training.precision": "bfloat16",
    "training.pictures_every": 0,
    "model.latent_size": 12,
}


def rate(first, *networks):
    """Changes: the learning rate of networks, from `first` to 0."""
    schedule = dict(name="CosineDecay", initial_learning_rate=first, decay_steps=STEPS)
    return {f"optimizers.{network}.learning_rate": schedule for network in networks}


RUNS = [
    Run("EHM, calibrated", "ehm_calibrated_mnist", rate(5e-4, "encoder", "decoder", "log_q_x", "log_p_z"), baseline="VAE"),
    Run("VAE", "vae_mnist", rate(1e-3, "encoder", "decoder"), baseline="VAE"),
    Run("WGAN-GP", "wgan_gp_mnist", rate(5e-4, "decoder", "log_q_x"), baseline="VAE"),
    Run("relativistic GAN", "relativistic_gan_mnist", rate(5e-4, "decoder", "log_q_x"), baseline="VAE"),
    Run("EHM of the source", "ehm_mnist", rate(1e-3, "encoder", "decoder", "log_q_x"), baseline="VAE"),
    Run("data against data", "vae_mnist", floor=True),
]
NETS = {"A": Net("mnist", part="1/2"), "B": Net("mnist", seed=1, part="2/2")}
MEASURES = {
    "samples": Measure("samples", features="A", num_examples=10_000),
    "samples B": Measure("samples", features="B", num_examples=10_000),
    "reconstructions": Measure("reconstructions", features="A", num_examples=10_000),
    "chains": Measure("chains", features="A", num_examples=1_000, rounds=(10, 100, 1_000)),
    "symmetry": Measure("symmetry", features="A", num_examples=2_000, rounds=(1,)),
    "latent": Measure("latent", num_examples=5_000),
    "likelihood": Measure("likelihood", num_samples=100, num_examples=2_000),
}
CHAIN = "chains/chain[means, {}]/1000/frechet_distance"
TABLES = [
    Table(
        "At once, in one model",
        {
            "samples: Frechet distance": "samples/frechet_distance",
            "in net B": "samples B/frechet_distance",
            "reconstructions: squared error": "reconstructions/reconstruction_error",
            "over the VAE's": Column("reconstructions/reconstruction_error", relative=True),
            "their Frechet distance": "reconstructions/reconstructions/data/frechet_distance",
            "chain of 1,000 rounds from data": CHAIN.format("data"),
            "over the VAE's ": Column(CHAIN.format("data"), relative=True),
            "error of codes": "chains/code_error[means]",
            "over the VAE's  ": Column("chains/code_error[means]", relative=True),
        },
    )
]
FIGURES = [
    Rounds("The chain of means, from data", "chains/chain[means, data]/{}/frechet_distance"),
    Pictures("Samples"),
    Pictures("Data over reconstructions", "reconstructions"),
]


def get_study():
    """The study."""
    return Study(
        title="Equal networks on MNIST",
        runs=RUNS,
        seeds=5,
        changes=RECIPE,
        nets=NETS,
        measures=MEASURES,
        tables=TABLES,
        figures=FIGURES,
    )
