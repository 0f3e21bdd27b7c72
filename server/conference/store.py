"""Keeps the boxes of secret ballots, the one thing of a session that its log must not tell."""

from sqlalchemy import select

from server.conference.ballots import with_papers
from server.conference.model import ConferenceState
from server.conference.tables import BallotPapersRow
from server.db.engine import Tx


async def add_paper(tx: Tx, state: ConferenceState, choice: int) -> ConferenceState:
    """Put a paper into the box of the ballot that is open; return the state with it counted.

    Its conference is locked meanwhile, and its transaction records who has voted.
    """
    if state.ballot is not None:
        key = {"session_id": state.session_id, "number": state.ballot.number, "choice": choice}
        row = await tx.get(BallotPapersRow, key, with_for_update=True)
        if row is None:
            tx.add(BallotPapersRow(**key, papers=1))
        else:
            row.papers += 1
        await tx.flush()
    return await with_box(tx, state)


async def with_box(tx: Tx, state: ConferenceState) -> ConferenceState:
    """Return the state with what is in the box of a secret ballot, which no event tells."""
    ballot = state.ballot
    if ballot is None or not ballot.secret:
        return state
    query = select(BallotPapersRow).where(
        BallotPapersRow.session_id == state.session_id, BallotPapersRow.number == ballot.number
    )
    papers = {row.choice: row.papers for row in await tx.scalars(query)}
    return with_papers(state, [papers.get(choice, 0) for choice in range(len(ballot.choices))])
