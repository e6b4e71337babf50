"""What several tests share: small data sets, the shared folder, and the program run in process."""

import json
import os

os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")  # the tests themselves run on all cores
os.environ.setdefault("SCIPY_ARRAY_API", "1")  # or scikit-learn skips one of its checks

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from klayer.cli.main import run
from klayer.data import Data
from klayer.samples import Samples, standardisation

ROOT = Path(__file__).parents[1]
SHARED = ROOT.parent / "shared" / "data"


def make_data(
    n: int = 120, inputs: int = 6, classes: int = 3, seed: int = 0, validation: int = 20
) -> Data:
    """Return clusters of points, one per class, with some noise."""
    rng = np.random.default_rng(seed)
    y = np.arange(n) % classes
    X = (3 * rng.standard_normal((classes, inputs)))[y] + rng.standard_normal((n, inputs))
    rows = rng.permutation(n)
    training, rest = rows[2 * validation :], rows[: 2 * validation]
    names = tuple("abcdefghijklmnopqrstuvwxyz"[:classes])
    return Data(
        name="clusters",
        samples=Samples(X, y, *standardisation(X, training)),
        training=training,
        validation=rest[:validation],
        test=rest[validation:],
        labels=np.array(names),
        class_names=names,
        feature_names=None,
        picture=None,
        fingerprint="clusters",
    )


@pytest.fixture
def clusters() -> Data:
    return make_data()


@pytest.fixture(scope="session")
def cifar_zip() -> Path:
    """The real CIFAR-10, where the shared folder lies beside the checkout."""
    path = SHARED / "cifar10-jpeg.zip"
    if not path.exists():
        pytest.skip("needs ../shared/data/cifar10-jpeg.zip")
    return path


class Program:
    """Runs one command line in this process and keeps what it said."""

    def __init__(self, capfd: pytest.CaptureFixture[str]) -> None:
        self._capfd = capfd
        self.out = self.error = ""

    def __call__(self, *arguments: object) -> int:
        self._capfd.readouterr()
        code = run([str(argument) for argument in arguments])
        self.out, self.error = self._capfd.readouterr()
        return code

    def json(self, *arguments: object) -> dict[str, Any]:
        """Run with --json, expect success, and return the one object printed."""
        code = self(*arguments, "--json")
        assert code == 0, self.error
        payload: dict[str, Any] = json.loads(self.out)
        return payload


@pytest.fixture
def klayer(capfd: pytest.CaptureFixture[str]) -> Program:
    return Program(capfd)


@pytest.fixture
def data_of() -> Callable[..., Data]:
    return make_data


# Where the shared folder lies beside the checkout and CI runs, only these may be skipped.
OWED = ("no code for",)
LONGEST = Path(__file__).parent / "test_cifar10.py"
_unexpected: list[str] = []


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Begin with what takes longest, so that no process is left alone with it at the end."""
    items.sort(key=lambda item: item.path != LONGEST)


def pytest_runtest_logreport(report: pytest.TestReport) -> None:
    """Take note of a skip that nothing excuses."""
    expected = hasattr(report, "wasxfail")
    if report.skipped and not expected and "CI" in os.environ and SHARED.exists():
        reason = str(report.longrepr[2] if isinstance(report.longrepr, tuple) else report.longrepr)
        if not any(words in reason for words in OWED):
            _unexpected.append(f"{report.nodeid}: {reason}")


def pytest_sessionfinish(session: pytest.Session) -> None:
    """Fail a run with an unexpected skip."""
    if _unexpected and session.exitstatus == pytest.ExitCode.OK:
        print("\nunexpected skips:", *_unexpected, sep="\n  ")
        session.exitstatus = pytest.ExitCode.TESTS_FAILED
