from server.domain.places import Venue, VenueKind
from server.street.sheet import make_cards, qr_picture
from server.street.tokens import is_former_token, setup_token, venue_token

SECRET = b"a secret of thirty-two bytes ...."


def test_only_a_token_of_before_the_renewal_is_a_former_one() -> None:
    versions = {1: 1, 2: 3}
    assert is_former_token(SECRET, versions, venue_token(SECRET, 2, 1))
    assert is_former_token(SECRET, versions, venue_token(SECRET, 2, 2))
    for other in (venue_token(SECRET, 2, 3), venue_token(SECRET, 1, 1), "", "会场"):
        assert not is_former_token(SECRET, versions, other)


def test_the_setup_link_is_the_same_at_every_start_and_no_venue_s() -> None:
    assert setup_token(SECRET) == setup_token(SECRET)
    assert setup_token(SECRET) != setup_token(b"x" + SECRET)
    assert len(setup_token(SECRET)) == 26


def test_the_sheet_has_a_card_for_every_branch_and_none_for_the_main_venue() -> None:
    venues = [
        Venue(1, 0, "主会场", VenueKind.MAIN, None),
        Venue(2, 1, "云杉苑", VenueKind.BRANCH, 1),
    ]
    cards = make_cards(venues, {1: "a", 2: "b"}, "https://pinhui.lan:8443")
    assert [card.link for card in cards] == ["https://pinhui.lan:8443/j/b"]
    assert cards[0].picture == qr_picture("https://pinhui.lan:8443/j/b")
    assert cards[0].picture.startswith("data:image/svg+xml")
