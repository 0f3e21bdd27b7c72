"""What two simulated venues send, drawn and coded once for all tests of this folder."""

import pytest

from server.simulator.loops import VenueLoop, make_loop


@pytest.fixture(scope="session")
def loops() -> dict[int, VenueLoop]:
    return {1: make_loop(1, "云杉苑居委会"), 2: make_loop(2, "松涛里居委会")}


@pytest.fixture
def loop(loops: dict[int, VenueLoop]) -> VenueLoop:
    return loops[1]
