"""Committees with their venues and people: added, changed, retired and brought back.

Sessions that are published keep their roster, whoever is renamed or retired; who is called to a
session is decided when it is published, and by which number and name when it opens.
"""

from collections.abc import Collection
from dataclasses import replace

from server.audit.undo import difference, require_unchanged
from server.db.engine import Tx
from server.domain.errors import ConflictError, NotFoundError
from server.domain.events import EventKind, Payload, Recorded
from server.domain.places import Committee, Person, Post, VenueKind
from server.domain.session import SessionState
from server.street import store
from server.street.desk import MOST_NUMBER, PARKED, CommitteeWords, named_alike
from server.street.keeper import Keeper


async def _committee(
    tx: Tx, committee_id: int, version: int | None = None
) -> tuple[Committee, list[Committee]]:
    """Return a committee for changing it, and all of them; with ``version``, only as it was then.

    Raises:
        NotFoundError: ``no_such_committee``.
        ConflictError: ``changed_meanwhile``.
    """
    committees = await store.lock_committees(tx)
    found = next((c for c in committees if c.id == committee_id), None)
    if found is None:
        raise NotFoundError("no_such_committee")
    if version not in {None, found.version}:
        raise ConflictError("changed_meanwhile", name=found.name)
    return found, committees


async def _venue_of(tx: Tx, committee_id: int) -> tuple[int, str]:
    """Return id and name of a committee's venue."""
    venues = await store.load_venues(tx)
    return next((v.id, v.name) for v in venues if v.committee_id == committee_id)


def _told(person: Person) -> Payload:
    return {
        "person_id": person.id,
        "name": person.name,
        "post": str(person.post),
        "line": person.line,
        "serves": not person.retired,
    }


async def _committee_facts(tx: Tx, committee: Committee) -> Payload:
    """Return number, name, venue, address and people of a committee as the log tells them."""
    _, venue = await _venue_of(tx, committee.id)
    people = [_told(person) for person in await store.load_staff(tx, committee.id)]
    return {
        "number": committee.number,
        "name": committee.name,
        "venue": venue,
        "email": committee.email,
        "language": committee.language,
        "people": people,
    }


def _without_the_same(changed: Payload) -> Payload:
    """Return a difference whose lists of people hold only those who differ."""
    before, after = (changed[side].get("people", []) for side in ("before", "after"))
    for side, others in (("before", after), ("after", before)):
        if "people" in changed[side]:
            mine = changed[side]["people"]
            changed[side] = changed[side] | {"people": [p for p in mine if p not in others]}
    return changed


async def _renumber(
    keeper: Keeper, tx: Tx, committee: Committee, number: int, others: list[Committee]
) -> Payload:
    """Give a committee another number; who holds it gets the former one, or is parked if retired.

    Returns:
        What the event tells of the other committee: ``{}`` or ``{"other": …}``.

    Raises:
        ConflictError: ``number_while_open`` or ``number_still_expected`` (name, title);
            ``number_taken`` (number, name) when a retired committee would take another's.
    """
    holder = next((c for c in others if c.number == number and c.id != committee.id), None)
    if holder is not None and committee.retired and not holder.retired:
        raise ConflictError("number_taken", number=number, name=holder.name)
    numbers = {committee.id: number}
    if holder is not None:
        numbers[holder.id] = PARKED + holder.id if holder.retired else committee.number
    for moved in (c for c in others if c.id in numbers):
        venue, _ = await _venue_of(tx, moved.id)
        for session in await keeper.expecting(tx, [venue]):
            if session.state is SessionState.OPEN:
                raise ConflictError("number_while_open", name=moved.name, title=session.title)
            if moved.retired:
                raise ConflictError("number_still_expected", name=moved.name, title=session.title)
    await store.save_numbers(tx, numbers)
    if holder is None:
        return {}
    change = {"before": {"number": holder.number}, "after": {"number": numbers[holder.id]}}
    return {"other": {"committee_id": holder.id, "name": holder.name, **change}}


async def enter_committee(
    keeper: Keeper, tx: Tx, committee: Committee, words: CommitteeWords, kind: EventKind
) -> int:
    """Save what is to hold of a committee and record what changed; 0 when nothing differs."""
    committees = await store.load_committees(tx)
    if wrong := named_alike(words.name, committees, committee.id):
        raise wrong
    before = await _committee_facts(tx, committee)
    other: Payload = {}
    if words.number != committee.number:
        other = await _renumber(keeper, tx, committee, words.number, committees)
    await _enter_people(keeper, tx, committee, words.people)
    now = replace(
        committee,
        number=words.number,
        name=words.name,
        email=words.email,
        language=words.language,
    )
    after = await _committee_facts(tx, now) | {"venue": words.venue}
    changed = difference(before, after)
    if not changed:
        return 0
    await store.update_committee(
        tx,
        committee.id,
        name=words.name,
        venue=words.venue,
        email=words.email,
        language=words.language,
    )
    payload: Payload = {"committee_id": committee.id, "name": committee.name}
    return await keeper.note(tx, kind, payload | _without_the_same(changed) | other)


async def _enter_people(
    keeper: Keeper, tx: Tx, committee: Committee, people: Collection[Person]
) -> None:
    known = {person.id: person for person in await store.load_staff(tx, committee.id)}
    for person in people:
        if not person.id:
            post, line = person.post, person.line
            await store.save_person(tx, committee.id, person.name, post, line)
        elif person.id not in known:
            raise NotFoundError("no_such_person")
        elif person != known[person.id]:
            await store.update_person(tx, person, keeper.clock.now())


async def add_committee(keeper: Keeper, secret: bytes, words: CommitteeWords) -> int:
    """Add a committee with its venue and people; return the sequence of the event.

    Raises:
        ConflictError: ``number_taken`` (number, name), ``number_still_expected``.
        DomainError: ``name_taken``, ``name_of_retired``.
    """
    async with keeper.db.tx() as tx:
        await store.lock_committees(tx)
        return await enter_new(keeper, tx, secret, words)


async def enter_new(keeper: Keeper, tx: Tx, secret: bytes, words: CommitteeWords) -> int:
    """Add a committee within a transaction that has locked them: as ``add_committee``."""
    committees = await store.load_committees(tx)
    if wrong := named_alike(words.name, committees, 0):
        raise wrong
    holder = next((c for c in committees if c.number == words.number), None)
    if holder is not None and not holder.retired:
        raise ConflictError("number_taken", number=words.number, name=holder.name)
    if holder is not None:
        # a retired committee lets its number go to the new one
        await _renumber(keeper, tx, holder, PARKED + holder.id, committees)
    committee_id = await store.save_committee(
        tx, words.number, words.name, words.email, words.language
    )
    await store.save_venue(
        tx,
        secret,
        number=words.number,
        name=words.venue,
        kind=VenueKind.BRANCH,
        committee_id=committee_id,
    )
    committee = Committee(
        committee_id, words.number, words.name, email=words.email, language=words.language
    )
    await _enter_people(keeper, tx, committee, words.people)
    facts = await _committee_facts(tx, committee)
    payload: Payload = {"committee_id": committee_id, **facts}
    return await keeper.note(tx, EventKind.COMMITTEE_ADDED, payload)


async def change_committee(
    keeper: Keeper, committee_id: int, words: CommitteeWords, *, version: int
) -> int:
    """Change a committee's number, name, venue and people.

    A number that another committee has is exchanged with it.

    Args:
        keeper: who does it.
        committee_id: which one.
        words: how it shall be; people who are not named stay as they are.
        version: the one that was on the page.

    Returns:
        The sequence of the event; 0 when nothing differs.

    Raises:
        NotFoundError: ``no_such_committee``, ``no_such_person``.
        ConflictError: ``changed_meanwhile``, ``number_while_open``, ``number_still_expected``,
            ``number_taken``.
        DomainError: ``name_taken``, ``name_of_retired``.
    """
    async with keeper.db.tx() as tx:
        committee, _ = await _committee(tx, committee_id, version)
        return await enter_committee(keeper, tx, committee, words, EventKind.COMMITTEE_CHANGED)


async def retire_committee(keeper: Keeper, committee_id: int) -> int:
    """Let a committee be called no more: new sessions leave it out, its venue's link ends.

    Sessions that are published still expect it. What was decided of it stays in every record.

    Returns:
        The sequence of the event; 0 when it is retired already.

    Raises:
        NotFoundError: ``no_such_committee``.
        ConflictError: ``committee_in_session`` (name, title) while it takes part in one.
    """
    async with keeper.db.tx() as tx:
        committee, _ = await _committee(tx, committee_id)
        return 0 if committee.retired else await enter_retired(keeper, tx, committee)


async def enter_retired(keeper: Keeper, tx: Tx, committee: Committee) -> int:
    """Retire a committee within a transaction that has locked them: as ``retire_committee``."""
    venue, _ = await _venue_of(tx, committee.id)
    for session in await keeper.expecting(tx, [venue]):
        if session.state is SessionState.OPEN:
            raise ConflictError("committee_in_session", name=committee.name, title=session.title)
    await store.retire_committee(tx, committee.id, keeper.clock.now())
    payload: Payload = {"committee_id": committee.id, "name": committee.name}
    return await keeper.note(tx, EventKind.COMMITTEE_RETIRED, payload)


async def restore_committee(keeper: Keeper, committee_id: int) -> int:
    """Let a retired committee be called again; its link works as before.

    When its number went to another meanwhile, it gets the first one after all others.

    Returns:
        The sequence of the event; 0 when it is not retired.

    Raises:
        NotFoundError: ``no_such_committee``.
    """
    async with keeper.db.tx() as tx:
        committee, committees = await _committee(tx, committee_id)
        return await enter_restored(keeper, tx, committee, committees) if committee.retired else 0


async def enter_restored(
    keeper: Keeper, tx: Tx, committee: Committee, committees: list[Committee]
) -> int:
    """Bring a retired committee back within a transaction: as ``restore_committee``."""
    payload: Payload = {"committee_id": committee.id, "name": committee.name}
    if committee.number > MOST_NUMBER:
        number = next_number(committees)
        await store.save_numbers(tx, {committee.id: number})
        payload |= {"before": {"number": committee.number}, "after": {"number": number}}
    await store.retire_committee(tx, committee.id, None)
    return await keeper.note(tx, EventKind.COMMITTEE_RESTORED, payload)


def next_number(committees: Collection[Committee]) -> int:
    """Return the number after the last one in use."""
    return max((c.number for c in committees if c.number <= MOST_NUMBER), default=0) + 1


async def undo_committee(keeper: Keeper, tx: Tx, event: Recorded) -> int:
    """Take back an event about a committee; return the sequence of the event of it.

    Raises:
        ConflictError: ``undo_overtaken`` when it was changed again since; what forbids the change.
        DomainError: ``name_taken``, ``name_of_retired``.
    """
    committee, committees = await _committee(tx, event.payload["committee_id"])
    if event.kind == EventKind.COMMITTEE_CHANGED:
        words = await _words_before(tx, committee, event)
        return await enter_committee(keeper, tx, committee, words, EventKind.COMMITTEE_CHANGED)
    if committee.retired != (event.kind == EventKind.COMMITTEE_RETIRED):
        raise ConflictError("undo_overtaken")
    if committee.retired:
        return await enter_restored(keeper, tx, committee, committees)
    return await enter_retired(keeper, tx, committee)


async def _words_before(tx: Tx, committee: Committee, event: Recorded) -> CommitteeWords:
    """Return a committee as it was before an event; who was added by it has left the post.

    Raises:
        ConflictError: ``undo_overtaken``.
    """
    before, after = event.payload["before"], event.payload["after"]
    facts = await _committee_facts(tx, committee)
    ids = {person["person_id"] for person in after.get("people", [])}
    now = facts | {"people": [p for p in facts["people"] if p["person_id"] in ids]}
    require_unchanged(event, now)
    was = {person["person_id"]: person for person in before.get("people", [])}
    people = [was.get(p["person_id"], p | {"serves": False}) for p in now["people"]]
    wanted = facts | before
    return CommitteeWords(
        number=wanted["number"],
        name=wanted["name"],
        venue=wanted["venue"],
        people=tuple(_person(committee.id, person) for person in people),
        email=wanted["email"],
        language=wanted["language"],
    )


def _person(committee_id: int, told: Payload) -> Person:
    name, post, line = told["name"], Post(told["post"]), told["line"]
    return Person(told["person_id"], committee_id, name, post, line, not told["serves"])
