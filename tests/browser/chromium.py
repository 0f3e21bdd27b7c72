"""Debian's Chromium with a made-up camera, driven by Playwright, in a network namespace if told.

Its headless shell is the same browser without windows, menus and tabs, which costs half as much;
what happens when a window is closed is seen in the whole browser.
"""

import os
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest
from playwright.async_api import Browser, BrowserContext, Page, async_playwright

SHELL, WHOLE = Path("/usr/bin/chromium-headless-shell"), Path("/usr/bin/chromium")
QUIET = (
    "--no-sandbox",
    "--disable-gpu",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--disable-quic",
)
FAKE_DEVICES = ("--use-fake-ui-for-media-stream", "--use-fake-device-for-media-stream")
LOOPBACK_MEDIA = "--allow-loopback-in-peer-connection"
"""Chromium offers no candidate on 127.0.0.1 by itself; venues are never on the server's own PC."""
SCRIPTS = Path(__file__).parent
SMALL = {"width": 1280, "height": 720}
LARGE = {"width": 1920, "height": 1080}


def _program(program: Path, namespace: str, folder: Path | None) -> Path:
    """Return what to start: Chromium itself, or a script that starts it in a namespace."""
    if not program.exists():
        pytest.fail(f"Chromium is missing: apt install {program.name}")
    if not namespace:
        return program
    assert folder is not None
    script = folder / f"chromium-in-{namespace}"
    script.write_text(f'#!/bin/sh\nexec ip netns exec {namespace} {program} "$@"\n')
    script.chmod(0o755)
    return script


@asynccontextmanager
async def chromium(
    *flags: str, namespace: str = "", folder: Path | None = None, program: Path = SHELL
) -> AsyncIterator[Browser]:
    """Start a browser for the length of the block.

    Args:
        flags: beside those that keep it quiet, e.g. ``*FAKE_DEVICES``.
        namespace: of the network it lives in; empty means ours.
        folder: its home, with certificates it trusts; needed in a namespace.
        program: the headless shell, or the ``WHOLE`` browser.
    """
    environment = {**os.environ, **({"HOME": str(folder)} if folder else {})}
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(
            executable_path=_program(program, namespace, folder),
            args=[*QUIET, *flags],
            env=environment,
            timeout=90_000,
        )
        try:
            yield browser
        finally:
            await browser.close()


async def new_context(browser: Browser, language: str = "zh-CN", **more: Any) -> BrowserContext:
    """Return a fresh visitor who reads `language`, with our pixel readers in every page."""
    context = await browser.new_context(
        locale=language, viewport=more.pop("viewport", SMALL), accept_downloads=True, **more
    )
    # the first page of a machine under load takes its time
    context.set_default_timeout(60_000)
    await context.add_init_script(path=SCRIPTS / "mark.js")
    await context.add_init_script(path=SCRIPTS / "look.js")
    return context


async def visit(page: Page, url: str) -> None:
    """Open an address; pages with pictures never fall silent, so nobody waits for that."""
    await page.goto(url, wait_until="domcontentloaded")


async def sign_in(page: Page, base: str, account: str, password: str) -> None:
    """Sign in as a person does and arrive on the first screen."""
    await visit(page, f"{base}/login")
    await page.fill("#name", account)
    await page.fill("#password", password)
    await page.press("#password", "Enter")
    await page.wait_for_url(f"{base}/", wait_until="domcontentloaded")


async def download(page: Page, selector: str, file: Path) -> Path:
    """Press what leads to a file, wait for the whole of it and keep it."""
    async with page.expect_download() as waiting:
        await page.click(selector)
    await (await waiting.value).save_as(file)
    return file
