"""A QR code as a path."""

from server.attendance.export import qr_path


def test_a_qr_code_is_a_path_of_squares_inside_its_width() -> None:
    path, size = qr_path("http://127.0.0.1/verify?number=PH-2026-1124-01")
    assert size >= 21
    assert path.startswith("M0 0h7v1h-7z")  # the upper edge of the first corner
