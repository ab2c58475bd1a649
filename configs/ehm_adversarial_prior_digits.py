"""Extended Helmholtz Machine with an adversarial log P''(z) in place of log P(z), on 8x8 digits.

    python -m tools.train --config ehm_adversarial_prior_digits --workdir runs/ehm_adversarial_prior_digits
    python -m tools.evaluate --workdir runs/ehm_adversarial_prior_digits --num_samples 100

As ehm_digits, with a critic of z that is trained high on P(z) and low on Q(z). With a logistic one the mean of -log
P''(z) is KL(Q(z) || P(z)), which does not pull Q(z) to the prior's mode. Likelihoods are reported with the true log
P(z).

Source: "Symmetric variational loss and GAN" (2017), section Extended Helmholtz Machine; critic of z: Makhzani et al.,
"Adversarial Autoencoders" (2015).

Not trained to the end.
"""

import zoo


def get_config():
    """The experiment."""
    mlp = dict(name="mlp", hidden_sizes=(256, 256))
    changes = {
        "model.approximators.log_p_z": dict(name="logistic", network=mlp, penalty_weight=0.1),
        "optimizers.log_p_z": dict(name="Adam", learning_rate=2e-4, beta_1=0.5, beta_2=0.9),
    }
    return zoo.start_from("ehm_digits", changes)
