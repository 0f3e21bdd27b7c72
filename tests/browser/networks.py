"""Networks of our own: a street of namespaces joined by veth pairs, removed at the end."""

import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from secrets import token_hex


def _ip(*words: str) -> None:
    done = subprocess.run(["ip", *words], capture_output=True, text=True)
    assert done.returncode == 0, f"ip {' '.join(words)}: {done.stderr}"


@contextmanager
def namespaces(count: int) -> Iterator[list[str]]:
    """Make network namespaces that have nothing but themselves; yields their names."""
    street = token_hex(3)
    names = [f"pinhui-{street}-{place}" for place in range(count)]
    made: list[str] = []
    try:
        for name in names:
            _ip("netns", "add", name)
            made.append(name)
            _ip("-n", name, "link", "set", "lo", "up")
        yield names
    finally:
        for name in made:
            subprocess.run(["ip", "netns", "del", name], capture_output=True)


def join_with_hub(hub: str, others: list[str]) -> str:
    """Join each namespace with the hub by a cable of its own; return the hub's first address.

    The hub is 10.77.N.1 on cable N, the other end 10.77.N.2 and it knows the way to the hub only:
    nothing forwards, nothing leads out.
    """
    for number, name in enumerate(others):
        near, far = f"cable{number}", "uplink"
        _ip("link", "add", near, "netns", hub, "type", "veth", "peer", "name", far, "netns", name)
        _ip("-n", hub, "addr", "add", f"10.77.{number}.1/24", "dev", near)
        _ip("-n", name, "addr", "add", f"10.77.{number}.2/24", "dev", far)
        _ip("-n", hub, "link", "set", near, "up")
        _ip("-n", name, "link", "set", far, "up")
        if number:
            _ip("-n", name, "route", "add", "10.77.0.1/32", "via", f"10.77.{number}.1")
    return "10.77.0.1"
