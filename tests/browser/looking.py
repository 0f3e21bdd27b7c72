"""What a test sees on a page with pictures, and how long it is willing to look."""

import asyncio
import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass

import pytest
from playwright.async_api import Page

from server.simulator.loops import FRAMES
from tests.patience import PATIENCE_S

FIGURES: list[str] = []
"""What was measured, one line each; pytest tells it at the end of its run."""


def tell(line: str) -> None:
    """Have a figure told at the end of the run."""
    FIGURES.append(line)


@dataclass(frozen=True, slots=True)
class Seen:
    """One video element: its tile's venue, the mark in its pixels (-1: there is none), its colour.

    ``frames`` counts what the browser has decoded; ``at`` is the page's clock in milliseconds.
    """

    tile: int
    venue: int
    frame: int
    colour: str
    frames: int
    at: float


async def look_at(page: Page, selector: str) -> list[Seen]:
    """Return what the video elements show now, in the page's order."""
    found = await page.evaluate("(selector) => lookAt(selector)", selector)
    return [
        Seen(
            one["venue"],
            one["mark"]["venue"] if one["mark"] else -1,
            one["mark"]["frame"] if one["mark"] else -1,
            one["colour"],
            one["frames"],
            one["at"],
        )
        for one in found
    ]


async def until(
    what: str, true: Callable[[], Awaitable[bool]], patience: float = PATIENCE_S
) -> float:
    """Wait until `true`; return after how many seconds it was. `what` is told when it never is."""
    begun = time.monotonic()
    while not await true():
        if time.monotonic() - begun > patience:
            pytest.fail(f"after {patience:.0f} s still not true: {what}")
        await asyncio.sleep(0.1)
    return time.monotonic() - begun


def has_moved_on(before: Seen, after: Seen) -> bool:
    """Tell whether the frame count in the pixels rose; loops begin again, so ask within 4 s."""
    return 0 < (after.frame - before.frame) % FRAMES < FRAMES / 2
