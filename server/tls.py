"""The certificates of an installation without the internet: a local authority and what it signs.

Browsers give camera and microphone to secure pages only, so every venue PC installs the authority's
certificate once; server certificates may then be renewed without touching a venue again. How the
files are used is ``app``'s business.
"""

import ipaddress
import os
import socket
import ssl
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path

import ifaddr
from cryptography import x509
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

AUTHORITY_LIFE = timedelta(days=3653)
"""Ten years: an installation in every venue PC is work that nobody wants to do twice."""
SERVER_LIFE = timedelta(days=397)
"""The longest that browsers accept of a server certificate, 398 days, less one."""
SEAL_LIFE = timedelta(days=1096)
_DOCUMENT_SIGNING = x509.ObjectIdentifier("1.3.6.1.5.5.7.3.36")
RENEW_WITHIN = timedelta(days=30)
_SLACK = timedelta(days=1)
"""Venue PCs may run behind: what is made today is valid since yesterday."""


@dataclass(frozen=True, slots=True)
class Pair:
    """A certificate and its private key, both PEM."""

    certificate: bytes
    key: bytes


@dataclass(frozen=True, slots=True)
class Files:
    """Where the certificates of a data folder lie."""

    authority: Path
    authority_key: Path
    certificate: Path
    key: Path


def files_of(data_dir: Path) -> Files:
    """Return the paths of the PEM files in ``data_dir``/tls; they need not exist."""
    folder = data_dir / "tls"
    return Files(
        folder / "ca.pem", folder / "ca-key.pem", folder / "server.pem", folder / "server-key.pem"
    )


def local_names() -> list[str]:
    """Return every name and address of this computer, ``localhost`` first; IPv6 link-local not."""
    found = ["localhost", "127.0.0.1", "::1", socket.gethostname(), socket.getfqdn()]
    for adapter in ifaddr.get_adapters():
        for entry in adapter.ips:
            address = entry.ip if isinstance(entry.ip, str) else entry.ip[0]
            if not ipaddress.ip_address(address).is_link_local:
                found.append(address)
    return list(dict.fromkeys(name for name in found if name))


def _alternative_names(names: Iterable[str]) -> list[x509.DNSName | x509.IPAddress]:
    found: list[x509.DNSName | x509.IPAddress] = []
    for name in names:
        try:
            found.append(x509.IPAddress(ipaddress.ip_address(name)))
        except ValueError:
            found.append(x509.DNSName(name.encode("idna").decode("ascii")))
    return found


def _pair(certificate: x509.Certificate, key: ec.EllipticCurvePrivateKey) -> Pair:
    return Pair(
        certificate.public_bytes(serialization.Encoding.PEM),
        key.private_bytes(
            serialization.Encoding.PEM,
            serialization.PrivateFormat.PKCS8,
            serialization.NoEncryption(),
        ),
    )


def _usage(*, signs_certificates: bool, commits: bool = False) -> x509.KeyUsage:
    return x509.KeyUsage(
        digital_signature=not signs_certificates,
        key_cert_sign=signs_certificates,
        crl_sign=signs_certificates,
        content_commitment=commits,
        key_encipherment=False,
        data_encipherment=False,
        key_agreement=False,
        encipher_only=False,
        decipher_only=False,
    )


def make_authority(now: datetime, host: str) -> Pair:
    """Return a new authority of our own: ECDSA P-256, ten years, no CAs below it (RFC 5280).

    Args:
        now: aware UTC; validity begins a day before.
        host: the computer's name, so that two authorities can be told apart in a list.
    """
    key = ec.generate_private_key(ec.SECP256R1())
    common = f"Pinhui local CA {host} {now:%Y-%m-%d}"[:64]
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, common)])
    public = key.public_key()
    identifier = x509.SubjectKeyIdentifier.from_public_key(public)
    certificate = (
        x509.CertificateBuilder(name, name, public, x509.random_serial_number())
        .not_valid_before(now - _SLACK)
        .not_valid_after(now + AUTHORITY_LIFE)
        .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
        .add_extension(_usage(signs_certificates=True), critical=True)
        .add_extension(identifier, critical=False)
        .sign(key, hashes.SHA256())
    )
    return _pair(certificate, key)


def make_certificate(authority: Pair, names: Sequence[str], now: datetime) -> Pair:
    """Return a server certificate for ``names``, signed by the authority.

    It lasts 397 days, or as long as the authority if that ends sooner.

    Args:
        authority: from ``make_authority``.
        names: host names and IP addresses; the first is the subject's.
        now: aware UTC.

    Raises:
        ValueError: without a name, or for a name that no certificate can carry.
    """
    if not names:
        raise ValueError("a certificate needs a name")
    issuer = x509.load_pem_x509_certificate(authority.certificate)
    signer = serialization.load_pem_private_key(authority.key, password=None)
    if not isinstance(signer, ec.EllipticCurvePrivateKey):
        raise ValueError("the authority's key is not an ECDSA key")
    key = ec.generate_private_key(ec.SECP256R1())
    subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, names[0][:64])])
    server = x509.ExtendedKeyUsage([ExtendedKeyUsageOID.SERVER_AUTH])
    identifier = x509.SubjectKeyIdentifier.from_public_key(key.public_key())
    above = x509.AuthorityKeyIdentifier.from_issuer_public_key(signer.public_key())
    certificate = (
        x509.CertificateBuilder(
            issuer.subject, subject, key.public_key(), x509.random_serial_number()
        )
        .not_valid_before(now - _SLACK)
        .not_valid_after(min(now + SERVER_LIFE, issuer.not_valid_after_utc))
        .add_extension(x509.SubjectAlternativeName(_alternative_names(names)), critical=False)
        .add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
        .add_extension(_usage(signs_certificates=False), critical=True)
        .add_extension(server, critical=False)
        .add_extension(identifier, critical=False)
        .add_extension(above, critical=False)
        .sign(signer, hashes.SHA256())
    )
    return _pair(certificate, key)


def make_seal(authority: Pair, host: str, now: datetime) -> Pair:
    """Return a certificate that signs reports, named after the computer, signed by the authority.

    It lasts three years, or as long as the authority if that ends sooner. Its use is signing
    documents (RFC 9336), and nothing may be denied (``content_commitment``).

    Raises:
        ValueError: when the authority's key is not ours.
    """
    issuer = x509.load_pem_x509_certificate(authority.certificate)
    signer = serialization.load_pem_private_key(authority.key, password=None)
    if not isinstance(signer, ec.EllipticCurvePrivateKey):
        raise ValueError("the authority's key is not an ECDSA key")
    key = ec.generate_private_key(ec.SECP256R1())
    subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, f"Pinhui {host}"[:64])])
    identifier = x509.SubjectKeyIdentifier.from_public_key(key.public_key())
    above = x509.AuthorityKeyIdentifier.from_issuer_public_key(signer.public_key())
    certificate = (
        x509.CertificateBuilder(
            issuer.subject, subject, key.public_key(), x509.random_serial_number()
        )
        .not_valid_before(now - _SLACK)
        .not_valid_after(min(now + SEAL_LIFE, issuer.not_valid_after_utc))
        .add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
        .add_extension(_usage(signs_certificates=False, commits=True), critical=True)
        .add_extension(x509.ExtendedKeyUsage([_DOCUMENT_SIGNING]), critical=False)
        .add_extension(identifier, critical=False)
        .add_extension(above, critical=False)
        .sign(signer, hashes.SHA256())
    )
    return _pair(certificate, key)


def issue_seal(data_dir: Path, now: datetime) -> tuple[Path, Path, Path]:
    """Return the files of seal certificate, key and authority, made where they are missing.

    Certificate and key are in one file, so that they can only change together. A new seal is made
    when the old one ends within 30 days, or is none of our authority's. Keys never leave the data
    folder.

    Raises:
        OSError: when a seal must be made, and the authority's key is not there.
        ValueError: when the authority's files are not what they should be.
    """
    files, seal = files_of(data_dir), data_dir / "tls" / "seal.pem"
    _ensure_authority(files, now)
    if not _is_good_seal(seal, files.authority, now):
        authority = Pair(files.authority.read_bytes(), files.authority_key.read_bytes())
        made = make_seal(authority, socket.gethostname(), now)
        _write(seal, made.certificate + made.key)
    return seal, seal, files.authority


def _is_good_seal(seal: Path, authority: Path, now: datetime) -> bool:
    """Whether a file has a certificate of the authority and its key, and will for some time."""
    if not seal.exists():
        return False
    content = seal.read_bytes()
    try:
        certificate = x509.load_pem_x509_certificate(content)
        key = serialization.load_pem_private_key(content, password=None)
        certificate.verify_directly_issued_by(
            x509.load_pem_x509_certificate(authority.read_bytes())
        )
    except (InvalidSignature, TypeError, ValueError):
        return False
    fits = certificate.public_key() == key.public_key()
    return fits and certificate.not_valid_after_utc - now > RENEW_WITHIN


def _ensure_authority(files: Files, now: datetime) -> None:
    """Make the authority of a data folder, once and for all."""
    files.authority.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    if not files.authority.exists():
        made = make_authority(now, socket.gethostname())
        _write(files.authority_key, made.key)
        _write(files.authority, made.certificate)


def _write(path: Path, content: bytes) -> None:
    """Write a file that only its owner may read, whole or not at all."""
    fresh = path.with_suffix(".new")
    fresh.unlink(missing_ok=True)
    handle = os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(handle, "wb") as file:
        file.write(content)
    fresh.replace(path)


def issue(data_dir: Path, names: Sequence[str], now: datetime, *, renew: bool) -> bool:
    """Bring the certificate files of a data folder up to date.

    The authority is made once and kept. The server's certificate is made when there is none, when
    it lacks one of ``names``, when it ends within 30 days, or when ``renew`` asks for it. Names it
    had before stay in it.

    Returns:
        Whether a new server certificate was written; a running server takes it at its next start.
    """
    files = files_of(data_dir)
    _ensure_authority(files, now)
    authority = Pair(files.authority.read_bytes(), files.authority_key.read_bytes())
    wanted = list(dict.fromkeys(str(name.value) for name in _alternative_names(names)))
    if files.certificate.exists():
        old = files.certificate.read_bytes()
        had = names_in(old)
        covered = set(wanted) <= set(had)
        if covered and not renew and ends_at(old) - now > RENEW_WITHIN:
            return False
        wanted = list(dict.fromkeys([*wanted, *had]))
    made = make_certificate(authority, wanted, now)
    _write(files.key, made.key)
    _write(files.certificate, made.certificate)
    return True


def names_in(certificate: bytes) -> list[str]:
    """Return the names and addresses a PEM certificate is valid for, in its order."""
    parsed = x509.load_pem_x509_certificate(certificate)
    try:
        found = parsed.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    except x509.ExtensionNotFound:
        return []
    kinds = (x509.DNSName, x509.IPAddress)
    return [str(name.value) for name in found if isinstance(name, kinds)]


def ends_at(certificate: bytes) -> datetime:
    """Return the last moment of a PEM certificate, aware UTC.

    Raises:
        ValueError: when it is not a certificate.
    """
    return x509.load_pem_x509_certificate(certificate).not_valid_after_utc


def days_left(certificate: bytes, now: datetime) -> int:
    """Return whole days until a PEM certificate ends, negative when it has.

    Raises:
        ValueError: when it is not a certificate.
    """
    return (ends_at(certificate) - now.replace(microsecond=0)).days


def fingerprint(certificate: bytes) -> str:
    """Return the SHA-256 fingerprint as Windows and browsers show it, in pairs: ``AB:CD:…``."""
    digest = x509.load_pem_x509_certificate(certificate).fingerprint(hashes.SHA256())
    return digest.hex(":").upper()


def find_certificate(data_dir: Path, certificate: str, key: str) -> tuple[Path, Path] | None:
    """Return certificate and key to serve with: the set ones, else those in the data folder.

    Args:
        data_dir: where ``issue`` wrote.
        certificate: path from the settings, empty when not set.
        key: path from the settings, empty when the key stands in the certificate's file.

    Returns:
        Paths of certificate and key, or None for plain HTTP.
    """
    if certificate:
        return Path(certificate), Path(key or certificate)
    files = files_of(data_dir)
    return (files.certificate, files.key) if files.certificate.exists() else None


def server_context(certificate: Path, key: Path) -> ssl.SSLContext:
    """Return the context of an HTTPS server: TLS 1.2 and later.

    Raises:
        OSError: when a file cannot be read, or certificate and key do not fit (``ssl.SSLError``).
    """
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    context.load_cert_chain(certificate, key)
    return context
