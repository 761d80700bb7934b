"""The running demo on the screen: a picture of 24 lines, drawn anew as the simulated hours pass.

Without a terminal it is one line on stderr now and then. Everything shown is SIMULATED, and says so.
"""

from __future__ import annotations

import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from console.fitting import wrap
from console.output import BOLD, YELLOW, Output
from console.report import Report, iso, moment, percent
from console.screens import people

if TYPE_CHECKING:
    from app.pulse import Pulse

BAR = 30
DAY_MS = 86_400_000
LINE_EVERY_S = 10.0
FRAME_EVERY_S = 0.25
WAITING = ("planned", "queued", "retry")


@dataclass(slots=True)
class Live:
    """Draws the demo. `start_ms` and `days`: the simulated span; `people`: asked for."""

    out: Output
    start_ms: int
    days: float
    people: int
    began: float = field(default_factory=time.monotonic)
    drawn: float = 0.0

    def wants(self) -> bool:
        """Whether the next picture is due in real time."""
        pause = FRAME_EVERY_S if self.out.stderr.isatty() else LINE_EVERY_S
        return time.monotonic() - self.drawn >= pause

    def draw(self, pulse: Pulse) -> None:
        """Show one moment."""
        self.drawn = time.monotonic()
        if not self.out.stderr.isatty():
            self.out.note(f"SIMULATED {self._progress(pulse)}; {_sent(pulse)}")
            return
        text = "".join(f"{line}\x1b[K\n" for line in self.picture(pulse))
        self.out.stderr.write(f"\x1b[H{text}\x1b[J")
        self.out.stderr.flush()

    def picture(self, pulse: Pulse) -> list[str]:
        """The lines of one picture."""
        out = self.out
        lines = [out.paint("SIMULATED  ", YELLOW) + out.paint("Kairos demo", BOLD), self._progress(pulse), ""]
        facts = (
            ("people", f"{pulse.people}, {_events(pulse, _COMING)}"),
            ("segments", _counts(pulse.segments)),
            ("queue", f"{_waiting(pulse)} waiting; {_counts(pulse.states)}"),
            ("came back", _events(pulse, _BACK)),
            ("learned", self._learned(pulse)),
        )
        for label, words in facts:
            first, *rest = wrap(words, max(out.width - 11, 20))
            lines += [f"{label:<11}{first}", *(" " * 11 + line for line in rest)]
        tables = [
            people.messages(pulse.latest, "latest", "Last sent"),
            people.decisions(pulse.decisions, "Last decisions"),
        ]
        body = out.lines(Report(tables), mark=False)
        return lines + ["", *(line for line in body if not line.startswith(("(not", "\x1b[2m(not")))]

    def _progress(self, pulse: Pulse) -> str:
        share = min((pulse.now_ms - self.start_ms) / (self.days * DAY_MS), 1.0)
        day = (pulse.now_ms - self.start_ms) / DAY_MS
        spent = time.monotonic() - self.began
        left = f", about {spent / share - spent:.0f} s left" if share > 0.02 else ""  # noqa: PLR2004 - too early to tell
        bar = "#" * round(share * BAR)
        now = moment(iso(pulse.now_ms))
        return f"[{bar:<{BAR}}] day {day:.1f} of {self.days:g}, {now} UTC, {spent:.0f} s{left}"

    def _learned(self, pulse: Pulse) -> str:
        if not pulse.model_version:
            return "nothing yet: rules and priors decide"
        return f"model version {pulse.model_version} of {moment(iso(pulse.model_at_ms))}"


_COMING: Mapping[str, str] = {
    "started": "starts",
    "consent_given": "yes to messages",
    "message_received": "words",
}
_BACK: Mapping[str, str] = {
    "campaign_answered": "responses",
    "payment_succeeded": "payments",
    "bot_blocked": "blocks",
    "consent_withdrawn": "opt-outs",
}


def _events(pulse: Pulse, words: Mapping[str, str]) -> str:
    found = [f"{pulse.events.get(kind, 0)} {word}" for kind, word in words.items()]
    sent, answered = pulse.states.get("sent", 0), pulse.events.get("campaign_answered", 0)
    rate = f" ({percent(answered / sent)} of what was sent)" if sent and words is _BACK else ""
    return ", ".join(found) + rate


def _counts(counts: Mapping[str, int]) -> str:
    return ", ".join(f"{name} {counts[name]}" for name in sorted(counts) if counts[name]) or "none yet"


def _waiting(pulse: Pulse) -> int:
    return sum(pulse.states.get(state, 0) for state in WAITING)


def _sent(pulse: Pulse) -> str:
    return f"{pulse.people} people, {_waiting(pulse)} waiting, {pulse.states.get('sent', 0)} sent"
