"""Objectives: one file is one objective, and reads like its formula.

A phase loss takes `at`, one drawn pair (x, z) with the log-densities there, and returns [batch] or [samples, batch] in
nats. It neither samples nor averages nor logs. The fields of `at` are, with the names of the theory:

    at.log_p_x_given_z   a = log P(x|z)
    at.log_p_z           b = log P(z)
    at.log_q_z_given_x   c = log Q(z|x)
    at.log_q_x           d = log Q(x), by its approximator
    at.rate              KL(Q(z|x) || P(z)) in closed form (wake phase, where tfp knows it)

`wake_loss` is averaged over (x, z) ~ Q(x) Q(z|x), `sleep_loss` over (x, z) ~ P(z) P(x|z). Beside them stand, as data:

    NEEDS         the fields that the losses use (a model that lacks one is refused)
    SAMPLES       "pathwise": the gradient passes through the sample; "held_fixed": it stops there
    WAKE_MOVES,   which side a phase trains: "Q" (encoder), "P" (decoder, likelihood, prior), or both, "PQ"
    SLEEP_MOVES
    LOG_Q_X       the kinds of approximator that may stand in for log Q(x): density, ratio, potential

The keyword-only arguments of the losses are the objective's options; a float among them may be a schedule over the steps.
"""
