"""Four models of equal networks on scikit-learn's 8x8 digits: a small study, to see how one is written.

    python -m tools.study --study configs/studies/digits.py --output runs/studies/digits

140 test images and as many samples, so that the halves of the test images that make the floor are as large.
"""

from zoo.studies import Column, Curve, Measure, Net, Pictures, Rounds, Run, Scatter, Study, Table, sweep

GAN = {
    "model.objective": "gan",
    "model.encoder": "",
    "model.posterior": "",
    "model.likelihood": dict(name="deterministic", loc_activation="sigmoid"),
    "model.noise_x": 0.0,
}
RUNS = [
    Run("data against data", "vae_digits", floor=True),
    Run("VAE", "vae_digits", baseline="VAE"),
    Run("Symmetric VAE", "symmetric_vae_digits", baseline="VAE"),
    Run("EHM", "ehm_digits", group="EHM", knob=100.0, baseline="VAE"),
    Run("WGAN-GP", "ehm_digits", GAN),
    *sweep("EHM", "ehm_digits", "model.approximators.log_q_x.scale", (10.0, 1000.0), seeds=1, baseline="VAE"),
]
NETS = {"A": Net("digits", epochs=15), "B": Net("digits", epochs=15, seed=1, part="1/2")}
MEASURES = {
    "A": Measure("samples", features="A", num_examples=140),
    "B": Measure("samples", features="B", num_examples=140),
    "pixels": Measure("samples", num_examples=140),
    "reconstructions": Measure("reconstructions", features="A", num_examples=140),
    "bound": Measure("likelihood", num_samples=100),
    "chain": Measure("chains", features="A", num_examples=140, rounds=(1, 10, 100)),
}

ERROR = "reconstructions/reconstruction_error"
DISTANCE = "reconstructions/reconstructions/data/frechet_distance"
TABLES = [
    Table(
        "Samples: Frechet distance by features",
        {"net A": "A/frechet_distance", "net B": "B/frechet_distance", "pixels": "pixels/frechet_distance"},
    ),
    Table(
        "Reconstructions, and the bound",
        {
            "squared error": ERROR,
            "over the VAE's": Column(ERROR, relative=True),
            "Frechet distance": DISTANCE,
            "bound, nats": "bound/importance_weighted_bound",
            "minutes": Column("training_seconds", scale=1 / 60),
        },
    ),
]
# What a decoder pays in distortion for realism: Freirich, Michaeli and Meir, "A Theory of the Distortion-Perception Tradeoff
# in Wasserstein Space" (2021).
TRADE_OFF = Curve(
    "D (1 + t²), F (1 - t)² of the VAE's D and F",
    x=lambda t, error, distance: error * (1 + t**2),
    y=lambda t, error, distance: distance * (1 - t) ** 2,
    of=dict(error=("VAE", ERROR), distance=("VAE", DISTANCE)),
)
FIGURES = [
    Scatter("Reconstructions: squared error and Frechet distance", x=ERROR, y=DISTANCE, curves=[TRADE_OFF]),
    Rounds("The chain of means", "chain/chain[means, data]/{}/frechet_distance", rounds=(1, 10, 100)),
    Pictures("Samples"),
    Pictures("Data over reconstructions", "reconstructions"),
]


def get_study():
    """The study."""
    return Study(
        title="Four models of equal networks on 8x8 digits",
        runs=RUNS,
        seeds=2,
        changes={"training.steps": 3_000, "training.pictures_every": 0},
        nets=NETS,
        measures=MEASURES,
        tables=TABLES,
        figures=FIGURES,
    )
