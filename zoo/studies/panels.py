"""Several scatters next to each other in one figure, like one number against the steps and against what they cost."""

import dataclasses

from zoo.config import ConfigError
from zoo.studies.figures import Scatter, axes_of, svg

SIDE = 4.2  # inches of a panel


@dataclasses.dataclass(frozen=True)
class Panels:
    """Scatters in one figure.

    Attributes:
      title: of it.
      scatters: from left to right, at least one; each has its own title, and the first one the legend.
    """

    title: str
    scatters: list
    kind = "svg"

    def check(self, study):
        """Raises ConfigError for what the study cannot have."""
        if not self.scatters or not all(isinstance(each, Scatter) for each in self.scatters):
            raise ConfigError(f"figure {self.title}: scatters must be a list of Scatter, found {self.scatters!r}")
        for each in self.scatters:
            each.check(study)

    def draw(self, found, pictures):
        """Its bytes."""
        figure, _ = axes_of(self.title, (SIDE * len(self.scatters), SIDE))
        figure.clear()
        figure.suptitle(self.title, fontsize="medium")
        for number, (axes, each) in enumerate(
            zip(figure.subplots(1, len(self.scatters), squeeze=False)[0], self.scatters, strict=True)
        ):
            axes.set_title(each.title, fontsize="small")
            each.draw_on(axes, found, legend=number == 0)
        return svg(figure)
