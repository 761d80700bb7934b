"""The menu's screens of what operators send: broadcasts, contents and texts to be reviewed."""

from __future__ import annotations

from app.desk.broadcasts import Broadcasts, place_of
from app.desk.campaigns import result_of
from app.desk.contents import ContentDesk
from app.desk.writings import WritingDesk
from console.screens import broadcast, content, writings
from console.visit import ENTER, Changes, Visit

WAITING = 20
"""Texts on the screen of those that wait."""


class CampaignScreens(Visit):
    """Broadcasts, contents and texts."""

    # ------------------------------------------------------------------ broadcasts
    def broadcasts(self, title: str) -> None:
        """All of them; one to look at, start, pause, let go on, or end."""
        place = Broadcasts(place_of(self.desk.workspace), self.desk.actor)
        while True:
            report = broadcast.overview(self.get(place.lines()))
            name = self.terminal.show(report, title, "a name = that broadcast, Enter or b back, q quit: ")
            if not name:
                return
            with self.stays():
                self._broadcast(place, name, f"{title}: {name}")

    def _broadcast(self, place: Broadcasts, name: str, title: str) -> None:
        changes: Changes = {
            "s": (f"broadcast start {name}", lambda: place.start(name)),
            "p": (f"broadcast pause {name}", lambda: place.pause(name)),
            "r": (f"broadcast resume {name}", lambda: place.resume(name)),
            "c": (f"broadcast cancel {name}", lambda: place.cancel(name)),
        }
        while True:
            now_ms = self.desk.workspace.clock.now_ms()
            card = broadcast.card(self.get(place.line(name)), now_ms)
            prompt = "d dry run, o outcome, s start, p pause, r resume, c cancel, b back, q quit: "
            answer = self.terminal.show(card, title, prompt)
            if answer not in ("d", "o", *changes):
                return
            with self.stays():
                if answer == "d":
                    found = self.get(place.dry_run(self.get(place.line(name)).broadcast))
                    self.terminal.show(broadcast.dry_run(found), title, ENTER)
                elif answer == "o":
                    result = self.get(result_of(place_of(self.desk.workspace), name))
                    self.terminal.show(broadcast.report(result, now_ms), title, ENTER)
                else:
                    self.change(changes, answer)

    # ------------------------------------------------------------------ contents
    def contents(self, title: str) -> None:
        """What can be said; one as people would read it; texts by GPT that wait."""
        place = ContentDesk(self.desk.workspace, self.desk.actor)
        while True:
            report = content.overview(self.get(place.lines()))
            prompt = "a name = its preview, w texts that wait, Enter or b back, q quit: "
            name = self.terminal.show(report, title, prompt)
            if not name:
                return
            with self.stays():
                if name == "w":
                    self._review(f"{title}: texts that wait")
                else:
                    self.terminal.show(
                        content.preview(self.get(place.preview(name))), f"{title}: {name}", ENTER
                    )

    def _review(self, title: str) -> None:
        place = WritingDesk(self.desk.workspace, self.desk.actor)
        while True:
            report = writings.waiting(self.get(place.waiting(0, WAITING)), WAITING)
            prompt = "a NUMBER = approve, r NUMBER = reject, Enter or b back, q quit: "
            answer = self.terminal.show(report, title, prompt)
            action, _, rest = answer.rpartition(" ")
            if not rest.isdecimal():
                return
            if action == "r":
                self.get(place.reject(int(rest), ""))
            elif self.sure(f"approve text {rest}?", f"content approve {rest}"):
                self.get(place.approve(int(rest)))
