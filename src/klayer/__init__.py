"""klayer trains, checks and explains k-layer fully connected networks."""

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from klayer.architecture import Architecture as Architecture
    from klayer.data import Data as Data
    from klayer.data import load_data as load_data
    from klayer.errors import DivergenceError as DivergenceError
    from klayer.errors import InputError as InputError
    from klayer.errors import KlayerError as KlayerError
    from klayer.errors import PlanError as PlanError
    from klayer.estimator import KLayerClassifier as KLayerClassifier
    from klayer.gradcheck import check_gradients as check_gradients
    from klayer.models import Model as Model
    from klayer.models import load_model as load_model
    from klayer.training import Plan as Plan
    from klayer.training import fit as fit

# Where each public name lives: imported when first used, so that `import klayer` is quick.
_HOMES = {
    "Architecture": "klayer.architecture",
    "Data": "klayer.data",
    "DivergenceError": "klayer.errors",
    "InputError": "klayer.errors",
    "KLayerClassifier": "klayer.estimator",
    "KlayerError": "klayer.errors",
    "Model": "klayer.models",
    "Plan": "klayer.training",
    "PlanError": "klayer.errors",
    "check_gradients": "klayer.gradcheck",
    "fit": "klayer.training",
    "load_data": "klayer.data",
    "load_model": "klayer.models",
}

__all__ = [
    "Architecture",
    "Data",
    "DivergenceError",
    "InputError",
    "KLayerClassifier",
    "KlayerError",
    "Model",
    "Plan",
    "PlanError",
    "check_gradients",
    "fit",
    "load_data",
    "load_model",
]


def __getattr__(name: str) -> Any:
    if name == "__version__":
        from importlib.metadata import version

        return version("klayer")
    if name not in _HOMES:
        raise AttributeError(f"module 'klayer' has no attribute {name!r}")
    return getattr(import_module(_HOMES[name]), name)


def __dir__() -> list[str]:
    return sorted([*globals(), *__all__, "__version__"])
