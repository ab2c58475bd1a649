"""Studies: lists of runs, what is measured of each, and the tables and figures that are made of it.

A study file has a function `get_study()` that returns a `Study`:

    return Study(
        runs=[
            Run("VAE", "vae_digits"),
            Run("EHM", "ehm_digits", {"model.latent_size": 16}, seeds=5, baseline="VAE"),
            *sweep("beta-VAE", "vae_digits", "model.objective.kl_weight", (0.5, 2.0)),
            Run("data against data", "vae_digits", floor=True),
        ],
        seeds=2,
        nets={"A": Net("digits"), "B": Net("digits", seed=1, part="1/2")},
        measures={"A": Measure("samples", features="A", num_examples=2000), "bound": Measure("likelihood")},
        tables=[Table("Samples", {"Frechet distance": "A/frechet_distance", "bound": "bound/importance_weighted_bound"})],
        figures=[Scatter("trade-off", x="bound/importance_weighted_bound", y="A/frechet_distance")],
    )

study.py says what a study holds; jobs.py resolves it and refuses it; running.py trains and measures, a process each;
results.py keeps what was found; report.py makes tables and figures of it.
"""

from zoo.studies.figures import Curve, Pictures, Rounds, Scatter
from zoo.studies.panels import Panels
from zoo.studies.study import Measure, Net, Run, Study, sweep
from zoo.studies.tables import Column, Table

__all__ = ["Column", "Curve", "Measure", "Net", "Panels", "Pictures", "Rounds", "Run", "Scatter", "Study", "Table", "sweep"]
