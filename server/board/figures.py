"""What a plan comes to in what people count: sessions and trips, merged and apart. Pure."""

from server.merging.instance.lookup import Lookup
from server.merging.instance.model import MergePlan
from server.merging.verdict.facts import work_out


def totals_of(lookup: Lookup, plan: MergePlan) -> dict[str, dict[str, int]]:
    """Return sessions and trips of a plan, and what its items would take each on its own."""
    held = [work_out(lookup, session) for session in plan.sessions]
    items = [item.request for session in plan.sessions for item in session.items]
    return {
        "apart": {
            "sessions": len(items),
            "trips": sum(lookup.committees[key].bit_count() for key in items),
        },
        "now": {
            "sessions": len(held),
            "trips": sum(facts.committees.bit_count() for facts in held),
        },
    }
