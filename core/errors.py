"""Every error of Kairos: one base class that says whether trying again can help, and what to do next.

KairosError
├── SettingsError      a setting, file or secret is wrong (permanent)
├── RuleError          a segment rule can't be read; says where and suggests (permanent)
├── ContentError       a content can't be rendered or breaks a bound (permanent)
├── NotFoundError      the named thing does not exist (permanent)
├── RefusedError       a rule of the house forbids it (permanent)
├── StoreError         the database can't do it now (full, locked, gone)
├── HotStoreError      Redis can't do it now
├── TransportError     Telegram was not reached or did not answer
│   ├── RateLimitedError   429 with its retry_after
│   ├── RejectedError      Telegram said no and will say no again (permanent)
│   └── AmbiguousError     the request left and no answer came: it may have arrived
└── WriterError        the service that writes texts gave none
    ├── WriterBusyError    it is too busy, down or out of reach: later
    ├── WriterKeyError     it does not let us in, or knows no such model (permanent)
    └── NoTextError        it answered, but not with a text (permanent)
"""

from __future__ import annotations


class KairosError(Exception):
    """Base of all. `permanent`: trying the same again can't help. `next_step`: what the reader can do."""

    permanent: bool = True

    def __init__(self, message: str, *, next_step: str = "") -> None:
        super().__init__(message)
        self.next_step = next_step


class SettingsError(KairosError):
    """A setting, file or secret is wrong; the sentence names the key and the file."""


class RuleError(KairosError):
    """A segment rule can't be read; the sentence names the place in the rule."""


class ContentError(KairosError):
    """A content can't be rendered or breaks one of Telegram's bounds."""


class NotFoundError(KairosError):
    """The named person, segment, message or strategy does not exist."""


class RefusedError(KairosError):
    """A rule of the house forbids what was asked."""


class StoreError(KairosError):
    """The database can't do it now: full, locked or unreachable. Nothing was changed."""

    permanent = False


class HotStoreError(KairosError):
    """Redis can't do it now. Nothing irreplaceable lives there."""

    permanent = False


class TransportError(KairosError):
    """Telegram was not reached: the request did not leave, so it may be tried again."""

    permanent = False


class RateLimitedError(TransportError):
    """429: nothing was sent; every call of this bot waits `retry_after_s` seconds."""

    def __init__(self, message: str, *, retry_after_s: float) -> None:
        super().__init__(message)
        self.retry_after_s = retry_after_s


class RejectedError(TransportError):
    """Telegram refused for good. `code` is a name of `core.ledger.REJECTIONS`."""

    permanent = True

    def __init__(self, message: str, *, code: str, migrate_to: int | None = None) -> None:
        super().__init__(message)
        self.code = code
        self.migrate_to = migrate_to


class AmbiguousError(TransportError):
    """The request left and no answer came: never resent by itself, because it may have arrived."""


class WriterError(KairosError):
    """The service that writes texts gave none. billed: what was asked may have cost something."""

    permanent = False

    def __init__(self, message: str, *, billed: bool = False, next_step: str = "") -> None:
        super().__init__(message, next_step=next_step)
        self.billed = billed


class WriterBusyError(WriterError):
    """It is too busy, down or out of reach; ask again after `retry_after_s` seconds, 0 = it did not say."""

    def __init__(self, message: str, *, retry_after_s: float = 0.0, billed: bool = False) -> None:
        super().__init__(message, billed=billed)
        self.retry_after_s = retry_after_s


class WriterKeyError(WriterError):
    """It does not let us in, or knows no such model: only an operator can mend it."""

    permanent = True


class NoTextError(WriterError):
    """It answered, but not with a text: refused, cut off, or nothing of the form that was asked for."""

    permanent = True
