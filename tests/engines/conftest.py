"""What tests of the engines share."""

import pytest


@pytest.fixture
def sharing(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let the native engine's threads share all work, however small."""
    monkeypatch.setenv("KLAYER_NATIVE_SHARE", "1")
