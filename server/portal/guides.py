"""The guides for people: one Markdown file each in ``docs/zh``, shown under ``/help``."""

from functools import cache
from pathlib import Path

from server.auth.model import Role
from server.domain.errors import NotFoundError
from server.portal.markdown import render_markdown

FOLDER = Path(__file__).parent.parent.parent / "docs" / "zh"
GUIDES = ("branch-secretary", "operator", "clerk", "administrator", "install-ca")
"""Names of the guides, in the order in which ``/help`` lists them."""

_OF_ROLE = {
    Role.SECRETARY: "branch-secretary",
    Role.OFFICE: "operator",
    Role.LEADER: "operator",
    Role.CLERK: "clerk",
    Role.ADMIN: "administrator",
}


def guide_of(role: Role | None) -> str:
    """Return the name of the guide written for a role; empty when there is none."""
    return _OF_ROLE.get(role, "") if role else ""


def address_of(target: str) -> str | None:
    """Return where a link in a guide leads: to another guide or a page; None for anything else."""
    name = target.removesuffix(".md")
    if name in GUIDES:
        return f"/help/{name}"
    return target if target.startswith("/") and not target.startswith("//") else None


@cache
def guide(name: str) -> str:
    """Return a guide as HTML; a file is read once in the life of the process.

    Raises:
        NotFoundError: ``no_such_page``.
    """
    if name not in GUIDES:
        raise NotFoundError("no_such_page")
    return render_markdown((FOLDER / f"{name}.md").read_text(encoding="utf-8"), address_of)
