"""Where changes are accepted, the native engine is built."""

import os

import pytest

from klayer.engines import available_engines


@pytest.mark.skipif("CI" not in os.environ, reason="elsewhere a compiler may be missing")
def test_the_native_engine_was_built() -> None:
    assert available_engines()[0] == "native"
