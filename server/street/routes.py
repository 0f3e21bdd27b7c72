"""The page of the street: its committees with posts, and its departments."""

from collections import defaultdict

from aiohttp import web

from server.domain.places import Person
from server.pages.context import DATABASE, page
from server.street import store


async def show_street(http: web.Request) -> web.Response:
    """Show committees with their people, and departments."""
    async with http.app[DATABASE].view() as tx:
        office = await store.load_office(tx)
        committees = await store.load_committees(tx)
        departments = await store.load_departments(tx)
        people = await store.load_people(tx)
    by_committee: dict[int, list[Person]] = defaultdict(list)
    for person in people:
        by_committee[person.committee_id].append(person)
    return page(
        http,
        "street/street.html",
        office=office,
        committees=committees,
        departments=departments,
        people=by_committee,
        people_count=len(people),
    )


ROUTES = [web.get("/street", show_street, name="street")]
