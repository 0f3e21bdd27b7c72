"""Signs a PDF with the street's seal certificate and checks such a signature, without any network.

The certificate is made by our own authority (``server/tls.py``). The time in the signature is the
server's clock; there is no timestamp authority on a closed network. A signature is good only when
it is intact (nothing was changed), valid (made with the certificate's key), covers the whole file,
and its certificate comes from the authority.
"""

import io
import zlib
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

from asn1crypto import pem, x509
from cryptography.exceptions import UnsupportedAlgorithm
from pyhanko.pdf_utils.incremental_writer import IncrementalPdfFileWriter
from pyhanko.pdf_utils.misc import PdfError
from pyhanko.pdf_utils.reader import PdfFileReader
from pyhanko.sign import signers
from pyhanko.sign.general import SigningError
from pyhanko.sign.signers.pdf_signer import PdfSignatureMetadata
from pyhanko.sign.validation import validate_pdf_signature
from pyhanko.sign.validation.errors import SignatureValidationError
from pyhanko.sign.validation.status import SignatureCoverageLevel
from pyhanko_certvalidator import ValidationContext

FIELD = "Pinhui"
# a damaged file breaks inside these libraries in as many ways as it has bytes
_DAMAGE = (
    *(ArithmeticError, AssertionError, AttributeError, LookupError, NotImplementedError),
    *(OSError, RecursionError, TypeError, ValueError, zlib.error),
    *(PdfError, SignatureValidationError, UnsupportedAlgorithm),
)


@dataclass(frozen=True, slots=True)
class SealFiles:
    """Where the seal certificate, its key and the authority's certificate lie (PEM)."""

    certificate: Path
    key: Path
    authority: Path


@dataclass(frozen=True, slots=True)
class Signature:
    """What a signature says: ``is_good`` needs all of it.

    ``intact``: the signed bytes are unchanged. ``valid``: the signature fits the key. ``whole``:
    nothing was added after signing. ``trusted``: the certificate comes from the authority given.
    """

    intact: bool
    valid: bool
    whole: bool
    trusted: bool
    signed_at: datetime | None
    signer: str

    @property
    def is_good(self) -> bool:
        """Whether the file is as it was signed by the street."""
        return self.intact and self.valid and self.whole and self.trusted


def sign(pdf: bytes, seal: SealFiles, at: datetime) -> bytes:
    """Return the PDF with an invisible signature of the given time.

    Raises:
        SigningError: when the seal is of no use, or the signed file is not found to be good.
    """
    signer = signers.SimpleSigner.load(  # type: ignore[no-untyped-call]
        str(seal.key), str(seal.certificate), ca_chain_files=(str(seal.authority),)
    )
    if signer is None:
        raise SigningError("the seal cannot be read")
    words = PdfSignatureMetadata(field_name=FIELD, md_algorithm="sha256")
    output = _Signer(words, signer, at).sign_pdf(IncrementalPdfFileWriter(io.BytesIO(pdf)))
    signed: bytes = output.getvalue()
    found = check(signed, seal.authority.read_bytes(), at)
    if found is None or not found.is_good:
        raise SigningError("the signed report does not hold")
    return signed


class _Signer(signers.PdfSigner):
    """Signs at a time that is handed over, where pyHanko would look at the computer's clock."""

    def __init__(self, words: PdfSignatureMetadata, signer: signers.Signer, at: datetime) -> None:
        super().__init__(words, signer=signer)
        self._at = at

    def init_signing_session(self, *args: Any, **words: Any) -> Any:
        session = super().init_signing_session(*args, **words)
        session.system_time = self._at
        return session


def check(pdf: bytes, authority: bytes, at: datetime) -> Signature | None:
    """Return what the last signature of a PDF says; None when there is none that can be read.

    Args:
        pdf: the file.
        authority: the PEM certificate of the authority that made the seal.
        at: the moment at which certificates are to be valid.
    """
    *_, der = pem.unarmor(authority)
    context = ValidationContext(
        trust_roots=[x509.Certificate.load(der)], moment=at, allow_fetching=False
    )
    try:
        embedded = PdfFileReader(io.BytesIO(pdf)).embedded_signatures
        if not embedded:
            return None
        found = validate_pdf_signature(embedded[-1], context)
    except _DAMAGE:
        return None
    return Signature(
        intact=bool(found.intact),
        valid=bool(found.valid),
        whole=found.coverage is SignatureCoverageLevel.ENTIRE_FILE,
        trusted=bool(found.trusted),
        signed_at=found.signer_reported_dt,
        signer=str(found.signing_cert.subject.human_friendly),
    )
