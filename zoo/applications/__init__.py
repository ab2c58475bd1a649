"""Things that people do with a trained model: one file each, of functions of a model and of examples x.

The model is what zoo.build, zoo.train, zoo.restore or zoo.load return; of a class-conditional one `model.given(label)`. x is
what `fit` takes: floats in its range, or whole grey levels.

zoo.applications.interpolate(model, first, second)
zoo.applications.anomaly_scores(model, x), calibrated(scores, of_training)
zoo.applications.impute(model, x, seen)
zoo.applications.attribute_direction(model, x, has), change(model, x, direction)
zoo.applications.nearest(model, x, among)
"""

from zoo.applications.anomalies import anomaly_scores, calibrated
from zoo.applications.attributes import attribute_direction, change
from zoo.applications.imputation import impute
from zoo.applications.interpolation import interpolate
from zoo.applications.neighbours import nearest

__all__ = ["anomaly_scores", "attribute_direction", "calibrated", "change", "impute", "interpolate", "nearest"]
