"""Sets of people as bit masks, so that 6,000 committees cost hardly more than 33.

A person is a committee and a role. A ``Crowd`` has one bit for each, role by role: with 3
committees and roles ``(secretary, director)``, bit 4 is the director of the second committee. A
``Committees`` mask has one bit for each committee, in the instance's order.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field

from server.merging.instance.model import Audience

Crowd = int
Committees = int


def bits(mask: int) -> Iterator[int]:
    """Yield the positions of the set bits, ascending."""
    while mask:
        lowest = mask & -mask
        yield lowest.bit_length() - 1
        mask ^= lowest


@dataclass(frozen=True, slots=True)
class People:
    """All people of an instance, and the arithmetic of crowds over them."""

    committees: tuple[str, ...]
    roles: tuple[str, ...]
    _committee_at: dict[str, int] = field(init=False)
    _role_at: dict[str, int] = field(init=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "_committee_at", {c: i for i, c in enumerate(self.committees)})
        object.__setattr__(self, "_role_at", {r: i for i, r in enumerate(self.roles)})

    @property
    def everywhere(self) -> Committees:
        """The mask of all committees."""
        return (1 << len(self.committees)) - 1

    def called(self, audience: Audience) -> Crowd:
        """Return the crowd of an audience; empty without committees or without roles."""
        named = audience.committees
        chosen = self.everywhere if named is None else self.mask(named)
        return self.holding(chosen, audience.roles)

    def mask(self, committees: Iterable[str]) -> Committees:
        """Return the mask of some committees."""
        mask = 0
        for committee in committees:
            mask |= 1 << self._committee_at[committee]
        return mask

    def holding(self, committees: Committees, roles: Iterable[str]) -> Crowd:
        """Return the people of these committees who hold one of these roles."""
        crowd = 0
        for role in roles:
            crowd |= committees << (self._role_at[role] * len(self.committees))
        return crowd

    def committees_of(self, crowd: Crowd) -> Committees:
        """Return the committees of which the crowd holds somebody."""
        everywhere, width, found = self.everywhere, len(self.committees), 0
        while crowd:
            found |= crowd & everywhere
            crowd >>= width
        return found

    def in_role(self, crowd: Crowd, role: str) -> Committees:
        """Return the committees whose holder of ``role`` is in the crowd."""
        return (crowd >> (self._role_at[role] * len(self.committees))) & self.everywhere

    def names(self, crowd: Crowd) -> list[tuple[str, str]]:
        """Return (committee, role) of everybody in the crowd, role by role."""
        width = len(self.committees)
        return [(self.committees[bit % width], self.roles[bit // width]) for bit in bits(crowd)]
