"""The QR code that stands on a report."""

import segno


def qr_path(text: str) -> tuple[str, int]:
    """Return the dark modules of a QR code as an SVG path, and the width in modules."""
    matrix = segno.make(text, error="m", micro=False).matrix
    path = "".join(
        f"M{x} {y}h1v1h-1z"
        for y, row in enumerate(matrix)
        for x, module in enumerate(row)
        if module
    )
    return path, len(matrix)
