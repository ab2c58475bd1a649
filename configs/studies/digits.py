"""Four models of equal networks on scikit-learn's 8x8 digits: a small study, to see how one is written.

python -m tools.study --study configs/studies/digits.py --output runs/studies/digits
"""

from zoo.studies import Measure, Net, Run, Study


def get_study():
    """The study."""
    gan = {"model.objective": "gan", "model.encoder": "", "model.posterior": "", "model.noise_x": 0.0}
    same = dict(features="A", num_examples=140)
    return Study(
        title="Four models of equal networks on 8x8 digits",
        seeds=2,
        changes={"training.steps": 3_000, "training.pictures_every": 0},
        runs=[
            Run("VAE", "vae_digits"),
            Run("Symmetric VAE", "symmetric_vae_digits", baseline="VAE"),
            Run("EHM", "ehm_digits", baseline="VAE"),
            Run("WGAN-GP", "ehm_digits", gan | {"model.likelihood": dict(name="deterministic", loc_activation="sigmoid")}),
            Run("data against data", "vae_digits", floor=True),
        ],
        nets={"A": Net("digits", epochs=15)},
        measures={
            "A": Measure("samples", **same),
            "reconstructions": Measure("reconstructions", **same),
            "bound": Measure("likelihood", num_samples=100),
            "chain": Measure("chains", rounds=(1, 10, 100), **same),
        },
    )
