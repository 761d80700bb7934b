"""What an update means: raw JSON in, events out. Pure, and without aiogram, so that one strange update never
stops the others and importing this stays cheap.

Promises: any JSON object gives a `Captured` with at least one event, or a ContentError. Everything in it is
bounded and clean. The same update captured again gives the same events.
Times: an event carries the update's own date, or the moment of its first receipt where Telegram gives none
(taps, votes, checkouts). Choices about consent always carry the receipt (`words`).

Rooms: `updates` (the kinds), `messages`, `services`, `members`, `business`, `signs` (reactions and votes),
`taps`, `preferences`, `words`; below them `content`, `frame` and `fields`.
"""

from bot.capture.frame import Arrival, CaptureRules
from bot.capture.updates import READERS, capture
from bot.capture.words import LANGUAGES, is_zone

__all__ = ["LANGUAGES", "READERS", "Arrival", "CaptureRules", "capture", "is_zone"]
