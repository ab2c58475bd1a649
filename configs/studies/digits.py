"""Four models of equal networks on scikit-learn's 8x8 digits: a small study, to see how one is written.

    python -m tools.study --study configs/studies/digits.py --output runs/studies/digits

Two seeds of 3,000 steps; 140 test images and samples, so that the two halves of the floor are as large.
"""

from zoo.studies import Curve, Measure, Net, Pictures, Rounds, Run, Scatter, Study, Table, sweep
from zoo.studies.tables import Column

GAN = {
    "model.objective": "gan",
    "model.encoder": "",
    "model.posterior": "",
    "model.likelihood": dict(name="deterministic", loc_activation="sigmoid"),
    "model.noise_x": 0.0,
}
ERROR = "reconstructions/reconstruction_error"
DISTANCE = "reconstructions/reconstructions/data/frechet_distance"


def get_study():
    """The study."""
    same = dict(num_examples=140)
    return Study(
        title="Four models of equal networks on 8x8 digits",
        seeds=2,
        changes={"training.steps": 3_000, "training.pictures_every": 0},
        runs=[
            Run("data against data", "vae_digits", floor=True),
            Run("VAE", "vae_digits", baseline="VAE"),
            Run("Symmetric VAE", "symmetric_vae_digits", baseline="VAE"),
            Run("EHM", "ehm_digits", baseline="VAE"),
            Run("WGAN-GP", "ehm_digits", GAN),
            *sweep("EHM", "ehm_digits", "model.approximators.log_q_x.scale", (10.0, 1000.0), seeds=1, baseline="VAE"),
        ],
        nets={"A": Net("digits", epochs=15), "B": Net("digits", epochs=15, seed=1, part="1/2")},
        measures={
            "A": Measure("samples", features="A", **same),
            "B": Measure("samples", features="B", **same),
            "pixels": Measure("samples", **same),
            "reconstructions": Measure("reconstructions", features="A", **same),
            "bound": Measure("likelihood", num_samples=100),
            "chain": Measure("chains", features="A", rounds=(1, 10, 100), **same),
        },
        tables=[
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
        ],
        figures=[
            Scatter(
                "Reconstructions: squared error and Frechet distance",
                x=ERROR,
                y=DISTANCE,
                # Freirich, Michaeli and Meir, "A Theory of the Distortion-Perception Tradeoff in Wasserstein Space" (2021).
                curves=[
                    Curve(
                        "D (1 + t²), F (1 - t)²",
                        x=lambda t, error, distance: error * (1 + t**2),
                        y=lambda t, error, distance: distance * (1 - t) ** 2,
                        of=dict(error=("VAE", ERROR), distance=("VAE", DISTANCE)),
                    )
                ],
            ),
            Rounds("The chain of means", "chain/chain[means, data]/{}/frechet_distance", (1, 10, 100)),
            Pictures("Samples"),
            Pictures("Data over reconstructions", "reconstructions"),
        ],
    )
