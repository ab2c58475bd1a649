"""Does less variance in the generator's gradient make a better GAN? WGAN-GP on 8x8 digits, by the passes that a step takes.

    python -m tools.study --study configs/studies/variance_reduction.py --output runs/studies/variance_reduction

Seven estimates of the same gradient, each after 1,000 and 4,000 steps, with three seeds: 42 runs. Not run to the end.
"""

from zoo.studies import Column, Measure, Pictures, Run, Scatter, Study, Table

EVERY = dict(every=20, batches=20)  # 3 passes a step
BASELINE = dict(name="cotangent_baseline", beta=0.9)


def _reduced(**section):
    return {"training.variance_reduction": section, "training.reduced": ("decoder",)}


METHODS = {
    "plain": {},
    "momentum 0.9": {"optimizers.decoder.beta_1": 0.9},
    "SVRG": _reduced(name="svrg", **EVERY),
    "SVRG of both networks": {"training.variance_reduction": dict(name="svrg", **EVERY)},
    "scaled SVRG, alpha 0.5": _reduced(name="alpha_svrg", alpha=0.5, **EVERY),
    "baseline, moving average": _reduced(**BASELINE),
    "baseline, fresh batches": _reduced(**BASELINE, correction="fresh_batches", fresh=4),
}
STEPS = (1_000, 4_000)
RUNS = [
    Run(f"{name}, {steps} steps", "wgan_gp_digits", changes | {"training.steps": steps}, group=name, knob=steps)
    for name, changes in METHODS.items()
    for steps in STEPS
]
MEASURES = {
    "gradients": Measure("gradients", num_batches=100, batch_size=50),
    "samples": Measure("samples", num_examples=140),
}
PLAIN, REDUCED = "gradients/gradient_variance", "gradients/gradient_variance[reduced]"
DISTANCE = "samples/frechet_distance"
TABLES = [
    Table(
        "Variance of the generator's gradient over its squared mean, and the samples",
        {
            "plain gradient": PLAIN,
            "the estimate that is descended": REDUCED,
            "Frechet distance in pixels": DISTANCE,
            "minutes": Column("training_seconds", scale=1 / 60),
        },
    ),
]
FIGURES = [
    Scatter("Variance of the plain gradient and quality", x=PLAIN, y=DISTANCE),
    Pictures("Samples"),
]


def get_study():
    """The study."""
    return Study(
        title="Less variance in the generator's gradient",
        text="Passes of a batch that a step takes, forward and back: plain 1 and 1; SVRG 3 and 3; a baseline with a "
        "moving average 1 and 2, with four fresh batches 5 and 6.",
        runs=RUNS,
        seeds=3,
        changes={"data.batch_size": 50, "training.steps_per_execution": 20, "training.pictures_every": 0},
        measures=MEASURES,
        tables=TABLES,
        figures=FIGURES,
    )
