"""Socket addresses as the kernel writes them (ip(7), ipv6(7)), and as Python names them."""

import socket
import struct
from typing import Any

_V4 = struct.Struct("!H4s8x")
_V6 = struct.Struct("!HI16s")
_NATIVE = struct.Struct("=H")
_SCOPE = struct.Struct("=I")


def sockaddr_size(family: int) -> int:
    """Return how many octets an address of a family takes: 16 for IPv4, 28 for IPv6."""
    return 28 if family == socket.AF_INET6 else 16


def to_sockaddr(family: int, address: tuple[Any, ...]) -> bytes:
    """Return the octets of an address as Python names it: (host, port), IPv6 with flow and scope.

    Raises:
        OSError: when the host is no numeric address of the family.
    """
    host = socket.inet_pton(family, address[0].partition("%")[0])
    if family == socket.AF_INET:
        return _NATIVE.pack(family) + _V4.pack(address[1], host)
    flow, scope = (*address[2:4], 0, 0)[:2]
    return _NATIVE.pack(family) + _V6.pack(address[1], flow, host) + _SCOPE.pack(scope)


def from_sockaddr(family: int, raw: bytes) -> tuple[Any, ...]:
    """Return an address as Python names it; the opposite of ``to_sockaddr``."""
    if family == socket.AF_INET:
        port, host = _V4.unpack_from(raw, 2)
        return socket.inet_ntop(family, host), port
    port, flow, host = _V6.unpack_from(raw, 2)
    return socket.inet_ntop(family, host), port, flow, _SCOPE.unpack_from(raw, 24)[0]
