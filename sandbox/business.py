"""Business accounts: an owner connects a bot, and the bot hears what customers write to the owner."""

from sandbox.accounts import Json
from sandbox.state import State
from sandbox.updates import connection_update, customer_update, deleted_update


class Business:
    """The business connections of one simulated Telegram."""

    def __init__(self, state: State) -> None:
        self._state = state
        self._connections: dict[str, tuple[int, int, bool]] = {}

    def connect(self, owner_id: int, bot_id: int) -> str:
        """An account connects the bot; returns the id of the connection."""
        number = self._state.number_since_birth(len(self._connections) + 1)
        connection_id = f"simulated-{number}"
        self._tell(connection_id, owner_id, bot_id, enabled=True)
        return connection_id

    def disconnect(self, connection_id: str) -> None:
        """The account ends the connection."""
        owner_id, bot_id, _ = self._connections[connection_id]
        self._tell(connection_id, owner_id, bot_id, enabled=False)

    def works(self, connection_id: str, bot_id: int) -> bool:
        """Whether this bot may act for the account."""
        _, owner, enabled = self._connections.get(connection_id, (0, 0, False))
        return enabled and owner == bot_id

    def write(self, connection_id: str, customer_id: int, part: Json, *, by_owner: bool = False) -> int:
        """A customer writes to the account, or its owner answers; returns the message's number."""
        _, bot_id, _ = self._connections[connection_id]
        message_id = self._state.next_message_id(customer_id, bot_id)
        times = (message_id, self._state.clock(), 0)
        self._emit(connection_id, customer_id, part, times, by_owner=by_owner)
        return message_id

    def edit(self, connection_id: str, customer_id: int, message_id: int, part: Json) -> None:
        """The customer changes a message."""
        now_ms = self._state.clock()
        self._emit(connection_id, customer_id, part, (message_id, now_ms, now_ms), by_owner=False)

    def delete(self, connection_id: str, customer_id: int, message_ids: list[int]) -> None:
        """Messages of the chat vanish."""
        _, bot_id, _ = self._connections[connection_id]
        customer = self._state.users[customer_id]
        self._state.emit(bot_id, deleted_update(connection_id, customer, message_ids))

    def _emit(
        self,
        connection_id: str,
        customer_id: int,
        part: Json,
        times: tuple[int, int, int],
        *,
        by_owner: bool,
    ) -> None:
        owner_id, bot_id, _ = self._connections[connection_id]
        users = self._state.users
        sender = users[owner_id if by_owner else customer_id]
        self._state.emit(bot_id, customer_update(connection_id, sender, users[customer_id], part, times))

    def _tell(self, connection_id: str, owner_id: int, bot_id: int, *, enabled: bool) -> None:
        self._connections[connection_id] = (owner_id, bot_id, enabled)
        owner = self._state.users[owner_id]
        body = connection_update(owner, connection_id, enabled=enabled, at_ms=self._state.clock())
        self._state.emit(bot_id, body)
