"""Inline mode: a person types the bot's name and a query anywhere, and may send one of its results."""

from sandbox.accounts import Json
from sandbox.state import State
from sandbox.updates import chosen_update, inline_update

REMEMBERED = 1_000
"""Older searches can't be chosen from any more."""


class Inline:
    """Searches of one simulated Telegram, with the results that bots gave."""

    def __init__(self, state: State) -> None:
        self._state = state
        self._results: dict[str, list[Json]] = {}
        self._queries: dict[str, tuple[int, int, str]] = {}

    def search(self, user_id: int, bot_id: int, query: str) -> str:
        """A person searches; returns the id of the query."""
        query_id = self._state.ask(bot_id, user_id, self._state.clock())
        self._queries[query_id] = (bot_id, user_id, query)
        while len(self._queries) > REMEMBERED:
            oldest = next(iter(self._queries))
            del self._queries[oldest]
            self._results.pop(oldest, None)
        self._state.emit(bot_id, inline_update(self._state.users[user_id], query_id, query))
        return query_id

    def answer(self, query_id: str, results: list[Json]) -> None:
        """The bot's results."""
        if query_id in self._queries:
            self._results[query_id] = results

    def results(self, query_id: str) -> list[Json]:
        """What the person sees, empty without an answer."""
        return self._results.get(query_id, [])

    def choose(self, query_id: str, place: int = 0) -> bool:
        """The person sends the result at this place; False when there is none."""
        results = self.results(query_id)
        if place >= len(results):
            return False
        bot_id, user_id, query = self._queries.pop(query_id)
        del self._results[query_id]
        user = self._state.users[user_id]
        self._state.emit(bot_id, chosen_update(user, str(results[place].get("id", "")), query))
        return True
