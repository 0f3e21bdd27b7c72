"""Amounts as pages show them, alike in both languages."""

_KB, _MB, _GB = 1 << 10, 1 << 20, 1 << 30


def size(octets: int) -> str:
    """Return how large a file is: ``1 KB``, ``12.3 MB``, ``1.5 GB``; an octet is a KB."""
    if octets >= _GB:
        return f"{octets / _GB:.1f} GB"
    return f"{octets / _MB:.1f} MB" if octets >= _MB else f"{-(-octets // _KB)} KB"
