"""What a schedule is."""

from collections.abc import Callable

import numpy as np
from numpy.typing import ArrayLike, NDArray

Schedule = Callable[[ArrayLike], NDArray[np.float64]]
"""A pure function from steps, counted from 0, to learning rates of the same shape."""
