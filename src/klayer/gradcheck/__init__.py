"""Numerical and complex-step derivatives against the written ones.

`check_network` checks klayer's own networks, `check_gradients` anybody's forward and backward.
"""

from klayer.gradcheck.batch import Batch, batch_of, draw_parameters, noisy, synthetic_batch
from klayer.gradcheck.cases import reference_networks
from klayer.gradcheck.compare import Row
from klayer.gradcheck.gradients import check_gradients
from klayer.gradcheck.methods import CENTRAL, COMPLEX, FORWARD, METHODS, Method
from klayer.gradcheck.network import check_network, describe
from klayer.gradcheck.report import Mistake, Report

__all__ = [
    "CENTRAL",
    "COMPLEX",
    "FORWARD",
    "METHODS",
    "Batch",
    "Method",
    "Mistake",
    "Report",
    "Row",
    "batch_of",
    "check_gradients",
    "check_network",
    "describe",
    "draw_parameters",
    "noisy",
    "reference_networks",
    "synthetic_batch",
]
