"""Amounts as pages show them."""

import pytest

from server.i18n.numbers import size


@pytest.mark.parametrize(
    ("octets", "shown"),
    [
        (0, "0 KB"),
        (1, "1 KB"),
        (1024, "1 KB"),
        (1025, "2 KB"),
        (1 << 20, "1.0 MB"),
        (12_900_000, "12.3 MB"),
        (1 << 30, "1.0 GB"),
        (6_000_000_000, "5.6 GB"),
    ],
)
def test_a_size_is_told_in_the_unit_that_fits(octets: int, shown: str) -> None:
    assert size(octets) == shown
