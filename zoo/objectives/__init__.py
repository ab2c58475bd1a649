"""Objectives: one file is one objective, and reads like its formula.

A phase loss takes `at`, one drawn pair (x, z) with the log-densities there, and returns [batch] or [samples, batch] in
nats. It neither samples nor averages nor logs. The fields of `at` are, with the names of the theory:

    at.log_p_x_given_z   a = log P(x|z)
    at.log_p_z           b = log P(z)
    at.log_q_z_given_x   c = log Q(z|x)
    at.log_q_x           d = log Q(x), by its approximator
    at.log_ratio, at.log_posterior_ratio, at.log_likelihood_ratio
                         log Q(x,z)/P(x,z), log Q(z|x)/P(z), log P(x|z)/Q(x), by their approximators
    at.log_p_features_given_z    log P(h(x)|z) in the features h of a critic
    at.rate              KL(Q(z|x) || P(z)) in closed form (wake phase, where tfp knows it)
    at.at_fixed_sample   the same fields with z held fixed: no gradient passes through the sample

`wake_loss` is averaged over (x, z) ~ Q(x) Q(z|x), `sleep_loss` over (x, z) ~ P(z) P(x|z). A loss on any other kind of pairs
(zoo/models/pairs.py) is named by the same rule: `reconstruction_loss`. Beside them stand, as data:

    NEEDS         the fields that the losses use (a model that lacks one is refused)
    SAMPLES       "pathwise": the gradient passes through the sample; "held_fixed": it stops there
    WAKE_MOVES,   which side a phase trains: "Q" (encoder), "P" (decoder, likelihood, prior), or both, "PQ"; one for each loss
    SLEEP_MOVES
    TAKES         stand-in -> the kinds of approximator that it may be: {"log_q_x": ("density", "ratio", "potential")}
    STAND_INS     stand-ins that it cannot do without although the model has the density itself: ("log_p_z",)
    SEVERAL_SAMPLES   whether the wake phase draws several z for each x: its fields are then [samples, batch]
    RANGES        option -> (smallest, largest) value that a number may have, a schedule at any step of the run
    check(options, kinds)   raises ValueError for a combination of options and approximators that makes no sense

The keyword-only arguments of the losses are the objective's options; a float among them may be a schedule over the steps.
"""
