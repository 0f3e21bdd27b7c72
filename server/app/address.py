"""Under which address the pages are found: as set, as certified, as one would type it."""

import ipaddress

from server import tls
from server.config import Settings


def certified_names(settings: Settings) -> list[str]:
    """Return the names and addresses of the certificate; none without one."""
    files = tls.find_certificate(settings.data_dir, settings.certificate, settings.key)
    return tls.names_in(files[0].read_bytes()) if files else []


def public_address(settings: Settings) -> str:
    """Return the address that letters send people to: as set, else by the certificate's name."""
    if settings.address:
        return settings.address.rstrip("/")
    own = address_of(settings)
    named = [name for name in certified_names(settings) if not is_loopback(name)]
    return own.replace("localhost", named[0], 1) if named and "localhost" in own else own


def address_of(settings: Settings) -> str:
    """Return the address of the pages, as a person would type it on this computer."""
    files = tls.find_certificate(settings.data_dir, settings.certificate, settings.key)
    open_host = settings.host in {"127.0.0.1", "0.0.0.0", "::"}  # noqa: S104 - only compared
    host = "localhost" if open_host else settings.host
    if ":" in host:
        host = f"[{host}]"
    return f"{'https' if files else 'http'}://{host}:{settings.port}"


def is_loopback(host: str) -> bool:
    """Tell whether only this computer can reach an address."""
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"
