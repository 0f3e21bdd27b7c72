"""What all messages of the websocket have in common: who sends them, and the kinds of their fields.

One JSON object a text frame, told apart by ``type``.
"""

from typing import Annotated

from msgspec import Meta, Struct

Number = Annotated[int, Meta(ge=0, le=999)]
CommandId = Annotated[int, Meta(ge=0, le=2**31)]
ClientId = Annotated[str, Meta(min_length=8, max_length=64, pattern="^[A-Za-z0-9_-]+$")]


class ClientMessage(Struct, frozen=True, forbid_unknown_fields=True, tag_field="type"):
    """What a client sends."""


class CommandMessage(ClientMessage, frozen=True):
    """A command; ``id`` comes back in ``done`` or ``refused``."""

    id: CommandId


class ServerMessage(Struct, frozen=True, tag_field="type", omit_defaults=False):
    """What the server says."""
