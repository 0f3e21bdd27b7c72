"""Fixtures of the browser tests: a demo that runs, namespaces without a way out."""

import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.browser.looking import FIGURES
from tests.browser.servers import Demo


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Tell what the tests have measured."""
    if FIGURES:
        terminalreporter.section("measured in the browser")
        for line in FIGURES:
            terminalreporter.line(line)


@pytest.fixture(scope="session")
def running_demo(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Demo]:
    made = Demo(tmp_path_factory.mktemp("demo"))
    yield made
    made.stop()


@pytest.fixture
def demo(running_demo: Demo) -> Demo:
    """The demo with a session that is open and in which all simulated venues are."""
    running_demo.ensure_live()
    return running_demo


@pytest.fixture
def fresh_demo(running_demo: Demo, tmp_path: Path) -> Iterator[Demo]:
    """A demo of its own, whose session nobody but the simulated venues has visited."""
    running_demo.stop()
    made = Demo(tmp_path / "demo")
    made.ensure_live()
    yield made
    made.stop()


@pytest.fixture
def as_root() -> None:
    if os.geteuid() != 0:
        pytest.fail("network namespaces need root: run the tests as root, or with sudo")
