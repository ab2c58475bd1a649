"""Does less variance in the generator's gradient make a better GAN? WGAN-GP on 8x8 digits, by the passes that a step takes.

    python -m tools.study --study configs/studies/variance_reduction.py --output runs/studies/variance_reduction

Seven estimates of the same gradient, each after 600 and 2,000 steps, with three seeds: 42 runs. The source's data are MNIST;
digits are what two cores carry 42 times: 20 minutes of training and 16 of measuring, two runs at once.
"""

from zoo.studies import Column, Measure, Panels, Pictures, Run, Scatter, Study, Table

EVERY = dict(every=20, batches=20)  # 3 passes a step
BASELINE = dict(name="cotangent_baseline", beta=0.9)


def _reduced(**section):
    return {"training.variance_reduction": section, "training.reduced": ("decoder",)}


METHODS = {
    "plain": {},
    "momentum 0.9": {"optimizers.decoder.beta_1": 0.9},
    "SVRG": _reduced(name="svrg", **EVERY),
    "scaled SVRG, alpha 0.5": _reduced(name="alpha_svrg", alpha=0.5, **EVERY),
    "baseline, moving average": _reduced(**BASELINE),
    "baseline, fresh batches": _reduced(**BASELINE, correction="fresh_batches", fresh=4),
    "SVRG of both networks": {"training.variance_reduction": dict(name="svrg", **EVERY)},
}
STEPS = (600, 2_000)
EVERYWHERE = ("gradients", "samples", "cost")
RUNS = [
    Run(
        f"{name}, {steps} steps",
        "wgan_gp_digits",
        changes | {"training.steps": steps},
        group=name,
        knob=steps,
        measures=(*EVERYWHERE, "updates") if steps == STEPS[-1] else EVERYWHERE,
    )
    for name, changes in METHODS.items()
    for steps in STEPS
]
LONGEST = [run.name for run in RUNS if run.knob == STEPS[-1]]
MEASURES = {
    "gradients": Measure("gradients", num_batches=100, batch_size=50, num_examples=200),
    "samples": Measure("samples", num_examples=297),
    "updates": Measure("updates", num_windows=12, window_steps=100, batch_size=50),
    "cost": Measure("updates", num_windows=3, window_steps=2, batch_size=50),  # for its passes
}
PLAIN, REDUCED, BIAS = "gradients/gradient_variance", "gradients/gradient_variance[reduced]", "gradients/gradient_bias[reduced]"
SHORT, LONG = "updates/update_variance", "updates/long_run_variance"
DISTANCE, PASSES = "samples/frechet_distance", "cost/passes"
TABLES = [
    Table(
        "Variance over the squared mean gradient, at the weights where each run ended",
        {
            "plain gradient": Column(PLAIN, better=""),
            "estimate in its place": REDUCED,
            "its squared bias": BIAS,
            "what Adam descends": SHORT,
            "the same in the long run": LONG,
        },
        rows=LONGEST,
        text="Of minibatches of 50. An estimate is measured at the age that its snapshot has at the end. What Adam descends "
        "has its own momentum in it (beta 0.5, or 0.9); in the long run is over 100 steps.",
    ),
    Table(
        "Samples, and what they cost",
        {
            "Frechet distance in pixels": DISTANCE,
            "kernel distance": "samples/kernel_distance",
            "passes": Column(PASSES, better=""),
            "minutes": Column("training_seconds", scale=1 / 60),
        },
    ),
]
FIGURES = [
    Panels(
        "Quality by steps and by passes, and what is left of the variance",
        [
            Scatter("Frechet distance by steps", x="knob", y=DISTANCE, log="y"),
            Scatter("by passes, forward and back", x=PASSES, y=DISTANCE, log="xy"),
            Scatter("variance of updates, in the long run", x=SHORT, y=LONG, rows=LONGEST, log="xy"),
        ],
    ),
    Pictures("Samples", rows=LONGEST),
]


def get_study():
    """The study."""
    return Study(
        title="Less variance in the generator's gradient",
        text="Passes of a batch that a step takes, forward and back: plain 1 and 1; SVRG 3 and 3; a baseline with a "
        "moving average 1 and 2, with four fresh batches 5 and 6.\n\n"
        "By Frechet distance only SVRG of both networks is better than the plain gradient at equal steps. SVRG of the "
        "generator is not; of the critic alone it was not tried. At equal passes the plain gradient is ahead: 0.54 after "
        "4,000, and 0.86 after 3,600 of SVRG of both. Beyond that they were not compared. A snapshot of twenty steps ago takes "
        "no variance off the gradient, half of the correction a fifth. The baseline takes a third off, for a bias. In the "
        "long run nothing is gone: noise is put off. With fresh batches it has no bias, and 0.21 of 0.26 is left in the long "
        "run, at 5.5 times the passes. Momentum of 0.9 makes the smoothest updates, and the worst samples after 2,000 steps.",
        runs=RUNS,
        seeds=3,
        # Without XLA: what it saves in so few steps, it has taken to compile them.
        changes={
            "data.batch_size": 50,
            "training.steps_per_execution": 20,
            "training.pictures_every": 0,
            "training.jit_compile": "off",
        },
        measures=MEASURES,
        tables=TABLES,
        figures=FIGURES,
    )
