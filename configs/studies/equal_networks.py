"""The claim: samples, reconstructions, chains and codes of one symmetric model beside its rivals, at equal networks and data.

    python -m tools.study --study configs/studies/equal_networks.py --output runs/studies/equal_networks

DCGAN networks of width 32, MNIST's grey levels, batch 100, 8 dimensions, 20,000 steps, averaged weights, a learning rate that
falls to 0 along a cosine. Its first value was tried over 3,500 to 10,000 steps, at 8 and 12 dimensions: 0.001 to 0.008 for the
VAE and the EHM, 0.0002 to 0.002 for the WGAN-GP. The EHM gains by 0.004. Both have a row of the other value.
The rows of the claim come first, with all their seeds.

What cannot be equal, by `tools.train --dry_run`: the calibrated posterior reads its covariance off the encoder too (196,500
weights; 83,568 of a VAE's), and a critic of pairs, of ALI and AS-VAE, has dense layers on top (536,033; one of x has 36,513).
"""

import zoo
from zoo import config
from zoo.studies import Column, Curve, Measure, Net, Pictures, Rounds, Run, Scatter, Study, Table

STEPS, SHORT_STEPS = 20_000, 10_000
EHM_RATE = 4e-3
RECIPE = {
    "training.steps": STEPS,
    "training.ema": 0.998,
    "training.precision": "bfloat16",
    "training.pictures_every": 0,
    # No step is chosen: every row is measured at its last.
    "training.validate_every": 0,
    "training.keep_best": False,
    "model.latent_size": 8,
}


def rate(first, *networks, steps=STEPS):
    """Changes: the learning rate of networks, from `first` to 0."""
    schedule = dict(name="CosineDecay", initial_learning_rate=first, decay_steps=steps)
    return {f"optimizers.{network}.learning_rate": schedule for network in networks}


NETWORKS = ("encoder", "decoder", "log_q_x", "log_p_z")
CRITIC = "model.approximators.log_q_x"
LOG_Q_X = config.plain(zoo.start_from("ehm_calibrated_mnist").model.approximators.log_q_x)


COMMON = ("samples", "samples B", "reconstructions", "descended", "symmetry", "latent")


def claim(row, config, changes, **more):
    """A row of the claim."""
    return Run(row, config, changes, baseline="VAE", measures=(*COMMON, "chains", "likelihood"), **more)


def short(row, config, first, changes=None, networks=NETWORKS, group="fewer steps", **more):
    """A row of fewer steps, seeds and chains than those of the claim."""
    changes = {"training.steps": SHORT_STEPS} | rate(first, *networks, steps=SHORT_STEPS) | (changes or {})
    more = {"baseline": "VAE, fewer steps", "measures": (*COMMON, "chain")} | more
    return Run(row, config, changes, seeds=2, group=group, **more)


def without(what, changes, networks=NETWORKS):
    """The calibrated EHM with one of its parts changed."""
    return short(f"EHM, {what}", "ehm_calibrated_mnist", EHM_RATE, changes, networks)


PLAIN = {
    "model.objective": "extended_helmholtz",
    "model.posterior": dict(name="normal", scale="fixed", initial_scale=0.1),
}
ABLATIONS = [
    without("normal posterior of a fixed scale", PLAIN),
    without("critic of noisy x", {f"{CRITIC}.reads": "drawn"}),
    without("encoder noise 0", {"model.noise_encoder": 0.0}),
    without("encoder noise 0.2", {"model.noise_encoder": 0.2}),
    without("noise of codes 0.1", {"model.posterior.noise": 0.1}),
    without("noise of codes 0.5", {"model.posterior.noise": 0.5}),
    without("codes scored by a scale of 0.05", {"model.posterior.scale": 0.05}),
    without("codes scored by a scale of 0.2", {"model.posterior.scale": 0.2}),
    without("log P(z) itself", {"model.approximators": {"log_q_x": LOG_Q_X}}, NETWORKS[:3]),
    without("scale of codes 10", {"model.approximators.log_p_z.scale": 10.0}),
    without("transport critic", {f"{CRITIC}.constraint": "squared_slope", f"{CRITIC}.scale": 25.0}),
    without("one critic step", {f"{CRITIC}.steps": 1}),
    short("EHM, rate 0.002, fewer steps", "ehm_calibrated_mnist", 2e-3),
    short("EHM, prior fitted once", "ehm_fitted_prior_mnist", EHM_RATE, {"model.prior.fits": 1}),
    short("EHM, prior fitted, noise of codes 0.3", "ehm_fitted_prior_mnist", EHM_RATE, {"model.posterior.noise": 0.3}),
]
BOTH = ("encoder", "decoder")
BASELINES = [
    # The head of the calibrated EHM's encoder, in a VAE.
    short(
        "VAE, full covariance",
        "vae_mnist",
        2e-3,
        {"model.posterior": dict(name="multivariate_normal"), "model.objective.closed_form_kl": False},
        BOTH,
    ),
    short("VAE, learned scale", "vae_learned_scale_mnist", 2e-3, networks=BOTH),
    short("denoising VAE", "denoising_vae_mnist", 2e-3, networks=BOTH),
    short("VampPrior", "vamp_prior_mnist", 2e-3, networks=(*BOTH, "prior")),
    short("adversarial autoencoder", "adversarial_autoencoder_mnist", 2e-3, networks=(*BOTH, "log_p_z")),
    short("MIM", "mim_mnist", 2e-3, networks=BOTH),
    short("Symmetric VAE", "symmetric_vae_mnist", 1e-3, networks=(*BOTH, "log_q_x")),
    short("bridge, k = 0.5", "bridge_mnist", 1e-3, networks=(*BOTH, "log_q_x")),
    short("ALI", "ali_mnist", 1e-3, networks=(*BOTH, "log_ratio")),
    short("AS-VAE", "as_vae_mnist", 1e-3, networks=(*BOTH, "log_posterior_ratio", "log_likelihood_ratio")),
    short("VAE-GAN", "vae_gan_mnist", 1e-3, networks=(*BOTH, "log_q_x")),
    short("latent regressor", "latent_regressor_mnist", 1e-3, networks=(*BOTH, "log_q_x")),
]
SWEEPS = [
    *(
        short(f"{row} {scale}", name, EHM_RATE, {f"{CRITIC}.scale": float(scale)}, group=row, knob=scale)
        for row, name, scales in (
            ("EHM, scale", "ehm_calibrated_mnist", (45, 20, 70, 100)),
            ("EHM, prior fitted, scale", "ehm_fitted_prior_mnist", (22, 45, 100)),
        )
        for scale in scales
    ),
    *(
        short(
            f"VAE, KL weight {weight}",
            "vae_mnist",
            2e-3,
            {"model.objective.kl_weight": float(weight)},
            BOTH,
            group="VAE, weight of the KL",
            knob=weight,
            measures=("samples", "reconstructions", "descended", "symmetry", "latent"),
        )
        for weight in (0.1, 3, 10, 40)
    ),
]
SIZES = [
    short(
        f"{row}, {size} dimensions",
        name,
        first,
        {"model.latent_size": size},
        networks,
        group=f"{row}, dimensions",
        knob=size,
        **of,
    )
    for size in (12, 16, 32)
    for row, name, first, networks in (
        ("EHM, prior fitted", "ehm_fitted_prior_mnist", EHM_RATE, NETWORKS),
        ("VAE, prior fitted", "vae_fitted_prior_mnist", 2e-3, BOTH),
        ("WGAN-GP", "wgan_gp_mnist", 1e-3, NETWORKS[1:3]),
    )
    for of in [{"baseline": f"VAE, prior fitted, {size} dimensions"}]
]
RUNS = [
    claim("EHM, prior fitted", "ehm_fitted_prior_mnist", rate(EHM_RATE, *NETWORKS)),
    claim("EHM, calibrated", "ehm_calibrated_mnist", rate(EHM_RATE, *NETWORKS)),
    claim("VAE", "vae_mnist", rate(2e-3, *BOTH)),
    claim("VAE, prior fitted", "vae_fitted_prior_mnist", rate(2e-3, *BOTH), seeds=2),
    claim("WGAN-GP", "wgan_gp_mnist", rate(1e-3, *NETWORKS[1:3])),
    claim("relativistic GAN", "relativistic_gan_mnist", rate(1e-3, *NETWORKS[1:3])),
    claim("wake-sleep", "wake_sleep_mnist", rate(2e-3, *BOTH)),
    claim("EHM of the source", "ehm_mnist", rate(1e-3, *NETWORKS[:3])),
    short("VAE, fewer steps", "vae_mnist", 2e-3, networks=BOTH, group="VAE, weight of the KL", knob=1),
    short("VAE, rate 0.004, fewer steps", "vae_mnist", 4e-3, networks=BOTH),
    short("WGAN-GP, fewer steps", "wgan_gp_mnist", 1e-3, networks=NETWORKS[1:3]),
    *SWEEPS,
    *BASELINES,
    *ABLATIONS,
    *SIZES,
    Run("data against data", "vae_mnist", floor=True),
]
NETS = {"A": Net("mnist", part="1/2"), "B": Net("mnist", seed=1, part="2/2")}
MEASURES = {
    "samples": Measure("samples", features="A", num_examples=10_000),
    "samples B": Measure("samples", features="B", num_examples=10_000),
    "reconstructions": Measure("reconstructions", features="A", num_examples=10_000),
    "descended": Measure("reconstructions", features="A", num_examples=10_000, descent_steps=20),
    "chains": Measure("chains", features="A", num_examples=1_000, rounds=(10, 100, 1_000)),
    "chain": Measure(
        "chains", features="A", num_examples=1_000, rounds=(10, 100, 1_000), protocols=("means",), starts=("data",)
    ),
    "symmetry": Measure("symmetry", features="A", num_examples=2_000, rounds=(1,)),
    "latent": Measure("latent", num_examples=5_000),
    "likelihood": Measure("likelihood", num_samples=100, num_examples=2_000),
}
CHAIN = "{}/chain[means, {}]/1000/{}"


def at_once(chains):
    """Columns of the claim, by the key of the measure of chains."""
    distance, codes = CHAIN.format(chains, "data", "frechet_distance"), f"{chains}/code_error[means]"
    return {
        "samples: Frechet distance": "samples/frechet_distance",
        "in net B": "samples B/frechet_distance",
        "reconstructions: squared error": "reconstructions/reconstruction_error",
        "squared error over the VAE's": Column("reconstructions/reconstruction_error", relative=True),
        "with 20 steps of descent": "descended/reconstruction_error",
        "that over the VAE's with as many": Column("descended/reconstruction_error", relative=True),
        "their Frechet distance": "reconstructions/reconstructions/data/frechet_distance",
        "chain of 1,000 rounds from data": distance,
        "chain over the VAE's": Column(distance, relative=True),
        "error of codes": codes,
        "error of codes over the VAE's": Column(codes, relative=True),
    }


def sharpness(chains):
    """Columns that tell what the distances do not."""
    return {
        "sharpness of samples": "symmetry/sharpness_of_samples",
        "of reconstructions": "symmetry/sharpness",
        "class changed along the chain": CHAIN.format(chains, "data", "class_changed"),
        "variance of its codes": CHAIN.format(chains, "data", "code_variance"),
        "rate": "latent/rate",
        "error of codes, x drawn": f"{chains}/code_error[samples]",
    }


MORE_CHAINS = {
    "chain of 1,000 rounds from the prior": CHAIN.format("chains", "prior", "frechet_distance"),
    "chain of 1,000 rounds from data, x drawn": "chains/chain[samples, data]/1000/frechet_distance",
    "negative ELBO, nats": "likelihood/negative_elbo",
    "bound of log P(x), nats": "likelihood/importance_weighted_bound",
}
CLAIM, SHORT_RUNS = ([run.name for run in RUNS if bool(run.group) is short] for short in (False, True))
TABLES = [
    Table("At once, in one model", at_once("chains"), CLAIM),
    Table("Sharpness, chains and likelihood", sharpness("chains") | MORE_CHAINS, CLAIM),
    Table("At once, of fewer steps", at_once("chain"), SHORT_RUNS),
    Table("Sharpness and chains, of fewer steps", sharpness("chain"), SHORT_RUNS),
]
TEXT = """MNIST's grey levels, DCGAN networks of width 32, 8 dimensions where a row does not say others, batch 100; 20,000
steps, and 10,000 in the tables of fewer. All of 8 dimensions have one decoder, and one critic of x where they have any. The
encoder of the calibrated EHM has 196,500 weights, since it gives a covariance too. That of "VAE, full covariance" has 171,404,
the others of 8 dimensions 83,568.

Distances are taken in the features of two classifiers, net A and net B, each trained on a half of the training images. There
are 10,000 samples and reconstructions, and 1,000 chains. "Data against data" is what test images themselves get. Chains and
codes are of means of P(x|z), but where x is said to be drawn from it. Descent: 20 steps on -log P(x, z) from each code. Rate:
nats of the code. Prior fitted: P(z) is a mixture of 100 normals, fitted to codes of training images. Otherwise it is N(0, I),
or what the row says. EHM of the source: as the post has it (`ehm_mnist`). Scale: the factor of the critic of x; of codes: that
of the critic of z. The bound has 100 samples of z, over 2,000 test images. Other terms: docs/glossary.md."""
ERROR, DISTANCE = "reconstructions/reconstruction_error", "samples/frechet_distance"
OF_VAE = {"error": ("VAE, fewer steps", ERROR), "distance": ("VAE, fewer steps", DISTANCE)}
FIGURES = [
    Scatter(
        "Reconstructions against samples, fewer steps",
        ERROR,
        DISTANCE,
        rows=SHORT_RUNS,
        curves=[
            # Of one code, (1 - t)^2 of the distance costs 1 + t^2 times the error: Freirich, Michaeli and Meir, "A theory of
            # the distortion-perception tradeoff in Wasserstein space" (2021), theorem 3, at worst.
            Curve(
                "the VAE's code, D (1 + t^2)",
                lambda t, error, distance: error * (1 + t**2),
                lambda t, error, distance: distance * (1 - t) ** 2,
                OF_VAE,
            ),
            Curve(
                "WGAN-GP, fewer steps",
                lambda t, error, distance: error * (0.9 + 1.1 * t),
                lambda t, error, distance: distance + 0 * t,
                {"error": OF_VAE["error"], "distance": ("WGAN-GP, fewer steps", DISTANCE)},
            ),
        ],
        log="y",
    ),
    Scatter("Reconstructions: squared error against sharpness, fewer steps", ERROR, "symmetry/sharpness", rows=SHORT_RUNS),
    Rounds("The chain of means, from data", "chains/chain[means, data]/{}/frechet_distance", rows=CLAIM),
    Pictures("Samples"),
    Pictures("Data over reconstructions", "reconstructions"),
]


def get_study():
    """The study."""
    return Study(
        title="Equal networks on MNIST",
        text=TEXT,
        runs=RUNS,
        seeds=5,
        order="groups",
        changes=RECIPE,
        nets=NETS,
        measures=MEASURES,
        tables=TABLES,
        figures=FIGURES,
    )
