"""Texts that GPT writes from an operator's brief: what is asked, what comes back, what is wrong with it.

Promises: `checks` finds every address that the brief does not name, in whatever disguise; every figure, date
and promise that the facts do not state; another language; what is no HTML of Telegram; what gives the request
away. Where it doubts it refuses: then the operator's own text is sent. What is asked about a person is made
of enums only, so that nothing a person wrote can reach the service. Leaves to others: asking (`Writer`,
fulfilled by adapters), budget and storing (flow), who reviews (desk).

`values` says what is asked and answered, `reading` shows a text as its reader sees it, `links`, `claims` and
`speech` each know one kind of fault, `checking` joins them.
"""

from core.writing.checking import checks
from core.writing.values import (
    MARK_LENGTH,
    About,
    Ask,
    Draft,
    Usage,
    Writer,
    about,
    brief_marks,
    fingerprint,
    fits,
    longest_tokens,
)

__all__ = [
    "MARK_LENGTH",
    "About",
    "Ask",
    "Draft",
    "Usage",
    "Writer",
    "about",
    "brief_marks",
    "checks",
    "fingerprint",
    "fits",
    "longest_tokens",
]
