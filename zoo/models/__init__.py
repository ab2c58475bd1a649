"""Models: networks, distributions, approximators and an objective put together, with the step that trains them."""

from zoo.models.building import build
from zoo.models.two_phase_model import TwoPhaseModel

__all__ = ["TwoPhaseModel", "build"]
