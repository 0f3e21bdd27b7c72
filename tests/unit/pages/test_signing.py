"""The seal: good as signed, and never again once a bit of the file was changed."""

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from pyhanko.sign.general import SigningError
from pypdf import PdfWriter

from server import tls
from server.pages.signing import SealFiles, check, sign

NOW = datetime(2026, 11, 24, 6, tzinfo=UTC)


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("seal")


@pytest.fixture(scope="module")
def seal(folder: Path) -> SealFiles:
    return SealFiles(*tls.issue_seal(folder, NOW))


@pytest.fixture(scope="module")
def signed(folder: Path, seal: SealFiles) -> bytes:
    writer = PdfWriter()
    writer.add_blank_page(200, 200)
    writer.write(folder / "plain.pdf")
    return sign((folder / "plain.pdf").read_bytes(), seal, NOW)


def test_a_signed_report_is_intact_valid_whole_and_of_our_authority(
    signed: bytes, seal: SealFiles
) -> None:
    found = check(signed, seal.authority.read_bytes(), NOW)
    assert found is not None
    assert (found.intact, found.valid, found.whole, found.trusted) == (True,) * 4
    assert found.signed_at == NOW
    assert found.signer.startswith("Common Name: Pinhui ")


def test_a_flipped_bit_is_found_wherever_it_is(signed: bytes, seal: SealFiles) -> None:
    authority = seal.authority.read_bytes()
    # the signature cannot sign itself: its hexadecimal text may be written in another case, and
    # ends in zeros that stand for nothing; the digest in a proof package covers that room as well
    start = signed.index(b"/Contents <") + 11
    own = range(start, signed.index(b">", start))
    unseen = []
    for at in range(7, len(signed), len(signed) // 90):
        flipped = bytearray(signed)
        flipped[at] ^= 1 << at % 8
        found = check(bytes(flipped), authority, NOW)
        if found is not None and found.is_good and at not in own:
            unseen.append(at)
    assert unseen == []


def test_what_is_added_after_signing_is_found(signed: bytes, seal: SealFiles) -> None:
    found = check(signed + b"\n% more", seal.authority.read_bytes(), NOW)
    assert found is None or not found.is_good


def test_another_authority_or_no_signature_is_not_good(
    signed: bytes, folder: Path, tmp_path: Path
) -> None:
    _, _, other = tls.issue_seal(tmp_path, NOW)
    found = check(signed, other.read_bytes(), NOW)
    assert found is not None
    assert (found.intact, found.valid, found.is_good) == (True, True, False)
    assert check((folder / "plain.pdf").read_bytes(), other.read_bytes(), NOW) is None
    assert check(b"junk", other.read_bytes(), NOW) is None


def test_a_seal_that_has_ended_signs_nothing(folder: Path, seal: SealFiles) -> None:
    with pytest.raises(SigningError):
        sign((folder / "plain.pdf").read_bytes(), seal, NOW + timedelta(days=1500))


def test_the_seal_is_kept_until_it_is_about_to_end(folder: Path, seal: SealFiles) -> None:
    first = seal.certificate.read_bytes()
    tls.issue_seal(folder, NOW + timedelta(days=900))
    assert seal.certificate.read_bytes() == first
    assert seal.key.stat().st_mode & 0o077 == 0
    tls.issue_seal(folder, NOW + timedelta(days=1080))
    assert seal.certificate.read_bytes() != first


@pytest.mark.usefixtures("signed")
def test_a_seal_that_does_not_fit_its_key_or_authority_is_made_anew(
    folder: Path, tmp_path: Path
) -> None:
    mine = SealFiles(*tls.issue_seal(tmp_path, NOW))
    for wrong in (b"", b"junk", tls.issue_seal(folder, NOW)[0].read_bytes()):
        mine.certificate.write_bytes(wrong)
        tls.issue_seal(tmp_path, NOW)
        signed = sign((folder / "plain.pdf").read_bytes(), mine, NOW)
        found = check(signed, mine.authority.read_bytes(), NOW)
        assert found is not None
        assert found.is_good


def test_a_seal_outlives_the_authority_s_key_and_its_end_is_an_error(tmp_path: Path) -> None:
    seal, _, _ = tls.issue_seal(tmp_path, NOW)
    (tmp_path / "tls" / "ca-key.pem").unlink()
    before = seal.read_bytes()
    tls.issue_seal(tmp_path, NOW + timedelta(days=900))
    assert seal.read_bytes() == before
    with pytest.raises(FileNotFoundError):
        tls.issue_seal(tmp_path, NOW + timedelta(days=1080))
