"""Polls that bots send: votes, counts, and their end."""

from dataclasses import dataclass, field

from sandbox.accounts import Json
from sandbox.state import State
from sandbox.updates import poll_answer_update, poll_update


@dataclass(slots=True)
class Poll:
    """One poll; `votes` holds the options each person chose. `settings` are the other fields it shows."""

    id: str
    bot_id: int
    question: str
    options: tuple[str, ...]
    settings: Json
    votes: dict[int, list[int]] = field(default_factory=dict)
    closed: bool = False

    def as_json(self) -> Json:
        """The Bot API's `Poll` object."""
        counts = [
            sum(number in chosen for chosen in self.votes.values()) for number in range(len(self.options))
        ]
        options: list[Json] = [
            {"persistent_id": f"{self.id}-{number}", "text": text, "voter_count": count}
            for number, (text, count) in enumerate(zip(self.options, counts, strict=True))
        ]
        return {
            "id": self.id,
            "question": self.question,
            "options": options,
            "total_voter_count": len(self.votes),
            "is_closed": self.closed,
            **self.settings,
        }

    @property
    def anonymous(self) -> bool:
        return bool(self.settings.get("is_anonymous", True))


class Polls:
    """The polls of one simulated Telegram."""

    def __init__(self, state: State) -> None:
        self._state = state
        self._polls: dict[str, Poll] = {}

    def make(self, bot_id: int, question: str, options: tuple[str, ...], settings: Json) -> Poll:
        """A new poll of a bot."""
        number = self._state.number_since_birth(len(self._polls) + 1)
        poll = Poll(str((bot_id << 32) + number), bot_id, question, options, settings)
        self._polls[poll.id] = poll
        return poll

    def get(self, poll_id: str) -> Poll | None:
        return self._polls.get(poll_id)

    def vote(self, user_id: int, poll_id: str, options: list[int]) -> bool:
        """A person votes, or takes the vote back (no options); False when the poll has ended."""
        poll = self._polls[poll_id]
        if poll.closed:
            return False
        if options:
            poll.votes[user_id] = options
        else:
            poll.votes.pop(user_id, None)
        if not poll.anonymous:
            kept = [f"{poll_id}-{number}" for number in options]
            body = poll_answer_update(self._state.users[user_id], poll_id, options, kept)
            self._state.emit(poll.bot_id, body)
        self._state.emit(poll.bot_id, poll_update(poll.as_json()))
        return True

    def close(self, poll_id: str) -> Json:
        """End a poll; its last state."""
        poll = self._polls[poll_id]
        poll.closed = True
        self._state.emit(poll.bot_id, poll_update(poll.as_json()))
        return poll.as_json()
