"""What guessing a password costs: the parameters stand in every hash."""

from server.auth.passwords import NOBODY


def test_a_guess_costs_nineteen_mebibytes_and_two_passes() -> None:
    assert NOBODY.startswith("$argon2id$v=19$m=19456,t=2,p=1$")
