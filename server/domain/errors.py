"""The one kind of refusal: a stable code with parameters, put into words by the catalogue.

Pages, HTTP problems and websocket errors all map a ``DomainError`` in one place each; a code is
also the key of its sentence in both languages (see ``server/i18n``).
"""


class DomainError(Exception):
    """Say no to a user: what was asked for breaks a rule.

    Attributes:
        code: stable lower-case words joined by underscores, e.g. ``floor_not_yours``.
        params: values for the sentence's placeholders; text or numbers only.
    """

    def __init__(self, code: str, **params: str | int) -> None:
        super().__init__(code)
        self.code = code
        self.params = params

    def __str__(self) -> str:
        return f"{self.code} {self.params}" if self.params else self.code


class NotFoundError(DomainError):
    """Refuse an id that does not exist or is not the asker's to see: the two look the same."""


class ForbiddenError(DomainError):
    """Refuse what the login's role does not allow."""


class ConflictError(DomainError):
    """Refuse what is right but not now: the session is not open, the place is taken."""
