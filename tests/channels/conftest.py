"""What the channels' tests share."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.channels.server import Service, serving


@pytest.fixture
def service() -> Iterator[Service]:
    """A server that plays the services."""
    with serving() as running:
        yield running
