import stat
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import ExtendedKeyUsageOID

from server import tls

NOW = datetime(2026, 11, 24, 4, 0, tzinfo=UTC)
NAMES = ["localhost", "127.0.0.1", "::1", "pinhui.qinghe.lan", "192.168.7.2"]


@pytest.fixture(scope="module")
def authority() -> tls.Pair:
    return tls.make_authority(NOW, "server")


def test_the_authority_lasts_ten_years_and_signs_servers_only(authority: tls.Pair) -> None:
    parsed = x509.load_pem_x509_certificate(authority.certificate)
    limits = parsed.extensions.get_extension_for_class(x509.BasicConstraints).value
    assert (limits.ca, limits.path_length) == (True, 0)
    assert parsed.not_valid_after_utc - NOW == timedelta(days=3653)
    key = parsed.public_key()
    assert isinstance(key, ec.EllipticCurvePublicKey)
    assert key.curve.name == "secp256r1"


def test_a_certificate_carries_every_name_and_lasts_397_days(authority: tls.Pair) -> None:
    made = tls.make_certificate(authority, NAMES, NOW)
    assert tls.names_in(made.certificate) == NAMES
    assert tls.days_left(made.certificate, NOW) == 397
    parsed = x509.load_pem_x509_certificate(made.certificate)
    parsed.verify_directly_issued_by(x509.load_pem_x509_certificate(authority.certificate))
    use = parsed.extensions.get_extension_for_class(x509.ExtendedKeyUsage).value
    assert list(use) == [ExtendedKeyUsageOID.SERVER_AUTH]
    assert not parsed.extensions.get_extension_for_class(x509.BasicConstraints).value.ca


def test_a_certificate_never_outlives_its_authority(authority: tls.Pair) -> None:
    late = NOW + timedelta(days=3653 - 100)
    assert tls.days_left(tls.make_certificate(authority, NAMES, late).certificate, late) == 100


@pytest.mark.parametrize("names", [[], ["a..b"], ["x" * 70]])
def test_names_that_no_certificate_can_carry_are_refused(
    authority: tls.Pair, names: list[str]
) -> None:
    with pytest.raises(ValueError, match=r"name|label|encod|empty|long"):
        tls.make_certificate(authority, names, NOW)


def test_the_files_are_made_once_and_only_their_owner_may_read_them(tmp_path: Path) -> None:
    assert tls.issue(tmp_path, NAMES, NOW, renew=False)
    files = tls.files_of(tmp_path)
    for file in (files.authority, files.authority_key, files.certificate, files.key):
        assert stat.S_IMODE(file.stat().st_mode) == 0o600
    before = files.certificate.read_bytes()
    assert not tls.issue(tmp_path, NAMES[:2], NOW, renew=False)
    assert files.certificate.read_bytes() == before


@pytest.mark.parametrize(
    ("names", "after", "renew"),
    [(NAMES, 0, True), (NAMES, 368, False), ([*NAMES, "10.0.0.9"], 0, False)],
)
def test_renewal_keeps_the_authority_and_the_names(
    tmp_path: Path, names: list[str], after: int, renew: bool
) -> None:
    tls.issue(tmp_path, NAMES, NOW, renew=False)
    files = tls.files_of(tmp_path)
    authority, old = files.authority.read_bytes(), files.certificate.read_bytes()
    later = NOW + timedelta(days=after)
    assert tls.issue(tmp_path, names, later, renew=renew)
    assert files.authority.read_bytes() == authority
    fresh = files.certificate.read_bytes()
    assert fresh != old
    assert set(tls.names_in(fresh)) >= set(NAMES) | set(names)
    assert tls.days_left(fresh, later) == 397


def test_a_name_in_chinese_is_recognised_when_it_comes_again(tmp_path: Path) -> None:
    assert tls.issue(tmp_path, ["会议.lan"], NOW, renew=False)
    assert not tls.issue(tmp_path, ["会议.lan"], NOW, renew=False)


def test_days_left_are_negative_when_it_has_ended(authority: tls.Pair) -> None:
    made = tls.make_certificate(authority, NAMES, NOW)
    assert tls.days_left(made.certificate, NOW + timedelta(days=398)) == -1


def test_settings_go_before_the_data_folder(tmp_path: Path) -> None:
    assert tls.find_certificate(tmp_path, "", "") is None
    tls.issue(tmp_path, NAMES, NOW, renew=False)
    files = tls.files_of(tmp_path)
    assert tls.find_certificate(tmp_path, "", "") == (files.certificate, files.key)
    assert tls.find_certificate(tmp_path, "/a", "/b") == (Path("/a"), Path("/b"))
    assert tls.find_certificate(tmp_path, "/a", "") == (Path("/a"), Path("/a"))


def test_the_computer_knows_itself_by_name_and_address() -> None:
    names = tls.local_names()
    assert names[:3] == ["localhost", "127.0.0.1", "::1"]
    assert len(set(names)) == len(names)


def test_the_fingerprint_reads_as_windows_shows_it(authority: tls.Pair) -> None:
    pairs = tls.fingerprint(authority.certificate).split(":")
    assert len(pairs) == 32
    assert all(len(pair) == 2 and pair == pair.upper() for pair in pairs)
