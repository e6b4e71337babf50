"""Pictures, drawn from histories and data only."""

from klayer.plots.curves import draw_curves
from klayer.plots.style import new_figure, png
from klayer.plots.weights import draw_weights

__all__ = ["draw_curves", "draw_weights", "new_figure", "png"]
