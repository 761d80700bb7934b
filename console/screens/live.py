"""The running demo on the screen: a picture of 24 lines, drawn anew as the simulated hours pass.

Without a terminal it is one line on stderr now and then. Everything shown is SIMULATED, and says so.
"""

from __future__ import annotations

import shutil
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from console.fitting import wrap
from console.output import BOLD, YELLOW, Output
from console.report import Column, Fact, Facts, Report, Row, Table, iso, moment, percent, percent_of
from console.screens import people

if TYPE_CHECKING:
    from app.desk.pulse import Pulse

BAR = 24
DAY_MS = 86_400_000
LINE_EVERY_S = 10.0
FRAME_EVERY_S = 0.25
SIMULATED = "simulated"
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
    pictures: int = 0

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
        clear = "" if self.pictures else "\x1b[2J"
        self.pictures += 1
        self.out.stderr.write(f"{clear}\x1b[H{text}\x1b[J")
        self.out.stderr.flush()

    def picture(self, pulse: Pulse) -> list[str]:
        """The lines of one picture."""
        out = self.out
        title = out.paint("SIMULATED  ", YELLOW) + out.paint("Kairos demo", BOLD)
        lines = [title, *wrap(self._progress(pulse), out.width), ""]
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
        body = out.lines(Report([_sends(pulse), _decisions(pulse)]), mark=False)
        height = max(shutil.get_terminal_size((80, 24)).lines - 1, 10)
        return [*lines, "", *body][:height]

    def _progress(self, pulse: Pulse) -> str:
        share = min((pulse.now_ms - self.start_ms) / (self.days * DAY_MS), 1.0)
        day = (pulse.now_ms - self.start_ms) / DAY_MS
        spent = time.monotonic() - self.began
        left = f", {spent / share - spent:.0f} s left" if share > 0.02 else ""  # noqa: PLR2004 - too early to tell
        bar = "#" * round(share * BAR)
        now = moment(iso(pulse.now_ms))
        return f"[{bar:.<{BAR}}] day {day:.1f} of {self.days:g}, {now} UTC{left}"

    def _learned(self, pulse: Pulse) -> str:
        if not pulse.model_version:
            return "nothing yet: rules and priors decide"
        words = f"model version {pulse.model_version} of {moment(iso(pulse.model_at_ms))}"
        if pulse.recent:
            came = f"predicted {percent(pulse.predicted)}, came {percent(pulse.answered)}"
            words += f"; last {pulse.recent} sends: {came}"
        return words


def summary(found: Mapping[str, object]) -> Report:
    """The closing document for the eye, and what to look at next."""
    facts = [
        Fact(key, _LABELS.get(key, key.replace("_", " ")), value, _SAID.get(key, _words)(value))
        for key, value in found.items()
        if key != SIMULATED
    ]
    next_step = "manage_crm.py segments report, or the menu: manage_crm.py"
    return Report([Facts("demo", facts, "The demo is over")], next_step=next_step)


_LABELS: Mapping[str, str] = {
    "violations": "violations found",
    "quiet_hours_estimated": "quiet by a guess",
    "setup_s": "set-up",
    "wall_s": "time taken",
}


def _share(value: object) -> str:
    return percent(value) if isinstance(value, float) else "nothing was sent yet"


def _estimated(value: object) -> str:
    found = value if isinstance(value, dict) else {}
    return (
        f"{found.get('n', 0)} messages at night where no zone is declared, {_share(found.get('share', 0.0))}"
    )


def _lift(value: object) -> str:
    found = value if isinstance(value, dict) else {}
    if found.get("difference") is None:
        return "not known yet: the control group is too small"
    bounds = f"[{found['low']:+.4f} to {found['high']:+.4f}]"
    return f"{found['difference']:+.4f} {bounds} {found['what']}, {found['people']} people"


def _seconds(value: object) -> str:
    return f"{value:g} s" if isinstance(value, int | float) else "-"


_SAID: Mapping[str, Callable[[object], str]] = {
    "response_rate": _share,
    "quiet_hours_estimated": _estimated,
    "lift": _lift,
    "setup_s": _seconds,
    "wall_s": _seconds,
}


def _words(value: object) -> str:
    if isinstance(value, dict):
        named = ((key if key.isupper() else key.replace("_", " "), item) for key, item in value.items())
        return ", ".join(f"{name} {_words(item)}" for name, item in named)
    return f"{value:g}" if isinstance(value, float) else "-" if value is None else str(value)


_COMING: Mapping[str, str] = {
    "started": "starts",
    "consent_given": "yes to messages",
    "message_received": "messages",
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


def _sends(pulse: Pulse) -> Table:
    columns = [
        Column("sent", "sent", words=_clock),
        Column("person", "person", right=True),
        Column("segment", "segment"),
        Column("content", "content", drop=1),
        Column("predicted", "predicted", right=True, words=percent_of("predicted")),
        Column("answered", "answered", drop=2, words=lambda row: "yes" if row["answered"] else "-"),
    ]
    rows = [people.message_row(one) for one in pulse.latest]
    return Table("latest", columns, rows, title="Last sent", empty="nothing yet")


def _decisions(pulse: Pulse) -> Table:
    columns = [
        Column("at", "at", words=_clock),
        Column("person", "person", right=True),
        Column("segment", "segment", drop=1),
        Column("reason", "reason"),
        Column("predicted", "answers", right=True, words=percent_of("predicted")),
    ]
    rows = [people.decision_row(one) for one in pulse.decisions]
    return Table("decisions", columns, rows, title="Last decisions", empty="nothing yet")


def _clock(row: Row) -> str:
    return moment(row.get("sent") or row.get("at"))[-5:]


def _counts(counts: Mapping[str, int]) -> str:
    return ", ".join(f"{name} {counts[name]}" for name in sorted(counts) if counts[name]) or "none yet"


def _waiting(pulse: Pulse) -> int:
    return sum(pulse.states.get(state, 0) for state in WAITING)


def _sent(pulse: Pulse) -> str:
    return f"{pulse.people} people, {_waiting(pulse)} waiting, {pulse.states.get('sent', 0)} sent"
