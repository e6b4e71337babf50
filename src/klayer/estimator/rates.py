"""`learning_rate="auto"`: the rates that the range test suggests for the data and network."""

from klayer.data import Data
from klayer.engines import Engine
from klayer.studies.range_test import Range, range_test
from klayer.training import Plan

UPDATES = 300


def suggested(data: Data, plan: Plan, engine: Engine) -> tuple[float, float]:
    """Return the lowest and the highest learning rate of a cycle.

    One fresh network trains for some hundred updates while the rate grows from 10⁻⁵ to 10; see
    `klayer.studies.range_test`.

    Raises:
        InputError: the cost falls at no rate.

    References:
        Smith, "Cyclical Learning Rates for Training Neural Networks", 2017, section 3.3.
    """
    alone = Plan.from_dict({**plan.to_dict(), "networks": 1, "weight_seeds": (0,)})
    found = range_test(data, alone, Range(low=1e-5, high=10.0, updates=UPDATES), engine)
    return found.rate_min, found.rate_max
