"""Where the options of approximators begin and end: the smallest that is taken, the largest that is refused."""

import pytest

from zoo.approximators import joint_log_ratio, logistic, normalizing_flow, score_matching, self_normalized, wasserstein

LINEAR = {"name": "mlp", "hidden_sizes": ()}
NORMALIZED = {"name": "mlp", "hidden_sizes": (4,), "normalization": "batch"}
X, ONE, PAIR = {"x": (2,)}, {"x": (1,)}, {"x": (2,), "z": (1,)}
TAKEN = {
    "wasserstein": (wasserstein, X, {"network": LINEAR, "clip": 1e-6, "penalty_weight": 1e-6, "scale": 1e-6}),
    "wasserstein with normalization": (wasserstein, X, {"network": NORMALIZED, "constraint": "clip"}),
    "logistic": (logistic, X, {"network": NORMALIZED, "penalty_weight": 0.0}),
    "score_matching": (score_matching, X, {"network": LINEAR, "sigma": 1e-3}),
    "self_normalized that forgets all": (self_normalized, X, {"network": LINEAR, "decay": 0.0}),
    "self_normalized that forgets little": (self_normalized, X, {"network": LINEAR, "decay": 0.9999}),
    "joint_log_ratio": (joint_log_ratio, PAIR, {"network": LINEAR, "feature_size": 1}),
    "normalizing_flow": (normalizing_flow, X, {"num_couplings": 2, "hidden_sizes": (1,), "largest_log_scale": 1e-3}),
}
REFUSED = {
    "wasserstein clipped to nothing": (wasserstein, X, {"network": LINEAR, "clip": 0.0}),
    "wasserstein with a negative penalty": (wasserstein, X, {"network": LINEAR, "penalty_weight": -1.0}),
    "wasserstein without a scale": (wasserstein, X, {"network": LINEAR, "scale": 0.0}),
    "wasserstein with normalization": (wasserstein, X, {"network": NORMALIZED}),
    "logistic with normalization": (logistic, X, {"network": NORMALIZED, "penalty_weight": 0.1}),
    "logistic": (logistic, X, {"network": LINEAR, "penalty_weight": -1e-6}),
    "score_matching": (score_matching, X, {"network": LINEAR, "sigma": 0.0}),
    "self_normalized that never forgets": (self_normalized, X, {"network": LINEAR, "decay": 1.0}),
    "self_normalized": (self_normalized, X, {"network": LINEAR, "decay": -1e-6}),
    "joint_log_ratio": (joint_log_ratio, PAIR, {"network": LINEAR, "feature_size": 0}),
    "normalizing_flow over 1 number": (normalizing_flow, ONE, {}),
    "normalizing_flow without couplings": (normalizing_flow, X, {"num_couplings": 0}),
    "normalizing_flow with half a pair": (normalizing_flow, X, {"num_couplings": 3}),
    "normalizing_flow with an empty layer": (normalizing_flow, X, {"hidden_sizes": (4, 0)}),
    "normalizing_flow without a scale": (normalizing_flow, X, {"largest_log_scale": 0.0}),
}


@pytest.mark.parametrize("case", TAKEN)
def test_taken(case):
    part, shapes, options = TAKEN[case]
    part.build(shapes, **options)


@pytest.mark.parametrize("case", REFUSED)
def test_refused(case):
    part, shapes, options = REFUSED[case]
    with pytest.raises(ValueError, match=f"^{case.split()[0]}: "):
        part.build(shapes, **options)
