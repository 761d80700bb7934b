"""Random valid updates of every kind and every optional field of the Bot API, by a seed.

People, chats, charges and messages come from small pools, so that updates meet: the same person writes, taps,
pays, joins and leaves. A message carries one content (text, a kind of media or a service message), as real
ones do. `Generator.stream` mixes in mutated and doubled updates. Needs only the standard library.
"""

from __future__ import annotations

import json
import random
from collections.abc import Callable, Iterator, Mapping
from typing import Any, Final

from sandbox.botapi.schema import ARRAY, Field, schema
from tests.botapi import pools
from tests.botapi.mutate import mutated

Json = dict[str, Any]

KINDS: Final = tuple(field.name for field in schema().fields["Update"] if field.name != "update_id")
"""Every kind of update there is."""

START_S: Final = 1_780_000_000
BOT: Final[Json] = {"id": 42, "is_bot": True, "first_name": "Kairos", "username": "kairos_bot"}
DEPTH: Final = 4
"""Levels below the body of an update; deeper, only what is required."""
OPTIONAL: Final = 0.3
"""How often an optional field is there."""

_OF_BUSINESS: Final = frozenset({"business_message", "edited_business_message"})
_ABOUT: Final = frozenset(
    {
        *("message_id", "from", "date", "chat", "sender_chat", "edit_date", "business_connection_id"),
        *("guest_query_id", "sender_business_bot", "migrate_to_chat_id", "migrate_from_chat_id"),
    }
)
"""Fields of a message that are set by hand, so that they fit together."""
_BESIDE: Final = frozenset(
    {
        *("message_thread_id", "direct_messages_topic", "sender_boost_count", "sender_tag", "forward_origin"),
        *("is_topic_message", "is_automatic_forward", "reply_to_message", "external_reply", "quote"),
        *("reply_to_story", "reply_to_checklist_task_id", "reply_to_poll_option_id", "via_bot"),
        *("guest_bot_caller_user", "guest_bot_caller_chat", "has_protected_content", "is_from_offline"),
        *("is_paid_post", "media_group_id", "author_signature", "paid_star_count", "entities"),
        *("link_preview_options", "suggested_post_info", "effect_id", "caption", "caption_entities"),
        *("show_caption_above_media", "has_media_spoiler", "reply_markup"),
    }
)
"""Fields that accompany the content of a message."""


class Generator:
    """Updates as they might come from Telegram. `people` and `chats`: how many take part; `start_s`: the
    date from which on they come, half a minute or less apart."""

    def __init__(self, seed: int, people: int = 50, chats: int = 8, start_s: int = START_S) -> None:
        self._dice = random.Random(seed)
        self._schema = schema()
        self._now_s = start_s
        self._update_id = 1000 * self._dice.randrange(1, 1000)
        self._people = [self._human(1001 + n) for n in range(people)]
        self._groups = [self._group(n) for n in range(chats)]
        self._channels = [
            {"id": -1_002_000_000_000 - n, "type": "channel", "title": f"Channel {n}"} for n in range(chats)
        ]
        content = _ABOUT | _BESIDE
        self._content = [field for field in self._schema.fields["Message"] if field.name not in content]
        self._made: Mapping[str, Callable[[int], Json]] = {
            "User": lambda depth: self._person(),
            "Chat": lambda depth: self._chat(),
            "Message": lambda depth: self._message("message", depth),
        }
        self._plain: Mapping[str, Callable[[str], Any]] = {
            "String": self._string,
            "Integer": self._integer,
            "Float": lambda called: round(self._dice.uniform(-180, 180), 6),
            "Boolean": lambda called: self._dice.random() < 0.5,
        }

    # ------------------------------------------------------------------ what is asked for
    def update(self, kind: str | None = None) -> Json:
        """The next update, of this kind or of a random one."""
        kind = kind if kind is not None else self._dice.choice(KINDS)
        self._now_s += self._dice.randrange(30)
        self._update_id += 1
        return {"update_id": self._update_id, kind: self._body(kind)}

    def mutated(self, update: Json) -> Json:
        """A copy with one to three things wrong."""
        return mutated(update, self._dice)

    def stream(self, count: int, *, wrong: float = 0.2, twice: float = 0.1) -> Iterator[Json]:
        """So many updates: a share of them with something wrong, and a share that came before."""
        known: list[Json] = []
        for _ in range(count):
            if known and self._dice.random() < twice:
                yield self._dice.choice(known)
                continue
            update = self.update()
            if self._dice.random() < wrong:
                update = self.mutated(update)
            known = [*known[-99:], update]
            yield update

    # ------------------------------------------------------------------ bodies
    def _body(self, kind: str) -> Json:
        (field,) = (each for each in self._schema.fields["Update"] if each.name == kind)
        if field.types == ("Message",):
            return self._message(kind, DEPTH)
        body: Json = self._object(field.types[0], DEPTH)
        if kind == "my_chat_member":
            body["new_chat_member"]["user"] = body["old_chat_member"]["user"] = BOT
            if self._dice.random() < 0.5:
                body["chat"] = self._private(body["from"])
        elif kind == "deleted_business_messages":
            body["chat"] = self._private(self._person())
        elif kind == "callback_query" and self._dice.random() < 0.5:
            body["message"] = {"chat": self._private(body["from"]), "message_id": self._small(), "date": 0}
        return body

    def _message(self, kind: str, depth: int) -> Json:
        human = self._person()
        body: Json = {"message_id": self._small(), "date": self._moment()}
        if "channel" in kind:
            body["chat"] = body["sender_chat"] = self._dice.choice(self._channels)
        else:
            in_private = kind in _OF_BUSINESS or self._dice.random() < 0.5
            body |= {
                "chat": self._private(human) if in_private else self._dice.choice(self._groups),
                "from": human,
            }
        if kind.startswith("edited"):
            body["edit_date"] = self._moment()
        if kind in _OF_BUSINESS:
            body["business_connection_id"] = f"conn-{self._small() % 5}"
            if self._dice.random() < 0.3:
                body["from"] = self._person()
            if self._dice.random() < 0.1:
                body["sender_business_bot"] = BOT
        if kind == "guest_message":
            body["guest_query_id"] = self._token()
        return body | self._beside(depth) | self._carried(body["chat"], depth)

    def _beside(self, depth: int) -> Json:
        return {
            field.name: self._value(field, depth - 1)
            for field in self._schema.fields["Message"]
            if field.name in _BESIDE and self._dice.random() < OPTIONAL / 3 and self._fits(field, depth)
        }

    def _carried(self, chat: Json, depth: int) -> Json:
        if self._dice.random() < 0.4 or depth < 2:
            return {"text": self._dice.choice(pools.TEXTS)}
        if chat["type"].endswith("group") and self._dice.random() < 0.1:
            other = self._dice.choice([group for group in self._groups if group["id"] != chat["id"]])
            return {self._dice.choice(("migrate_to_chat_id", "migrate_from_chat_id")): other["id"]}
        field = self._dice.choice(self._content)
        return {field.name: self._value(field, depth - 1)}

    # ------------------------------------------------------------------ by type
    def _object(self, name: str, depth: int) -> Any:
        if name in self._schema.kinds:
            return self._of(self._kind(name, depth), depth)
        return {
            field.name: self._value(field, depth - 1)
            for field in self._schema.fields[name]
            if field.required or (self._dice.random() < OPTIONAL and self._fits(field, depth))
        }

    def _kind(self, name: str, depth: int) -> str:
        """One of the types that the name stands for; at the bottom one of the shallowest."""
        kinds = self._schema.kinds[name]
        fitting = [each for each in kinds if self._schema.depth_of(each) <= depth]
        return self._dice.choice(fitting or [min(kinds, key=self._schema.depth_of)])

    def _fits(self, field: Field, depth: int) -> bool:
        return min(map(self._schema.depth_of, field.types)) < depth

    def _value(self, field: Field, depth: int) -> Any:
        if field.values:
            return self._dice.choice(field.values)
        return self._of(self._dice.choice(field.types), depth, field.name)

    def _of(self, name: str, depth: int, called: str = "") -> Any:
        if name.startswith(ARRAY):
            several = self._dice.randrange(4) if depth > 0 else 0
            return [self._of(name.removeprefix(ARRAY), depth - 1, called) for _ in range(several)]
        made = self._made.get(name)
        if made is not None:
            return made(depth)
        plain = self._plain.get(name)
        return plain(called) if plain is not None else self._object(name, depth)

    def _string(self, called: str) -> str:
        pool = _STRINGS.get(called)
        if pool is not None:
            return self._dice.choice(pool)
        if called.endswith(("_id", "_ids")) or called == "id":
            return self._token()
        return self._dice.choice(pools.WORDS)

    def _integer(self, called: str) -> int:
        if "date" in called or called.endswith("time"):
            return self._moment()
        if called in {"user_id", "user_chat_id"}:
            return int(self._person()["id"])
        if called.endswith("chat_id"):
            return int(self._dice.choice(self._groups)["id"])
        return self._dice.randrange(10_000) if "amount" in called else self._small()

    # ------------------------------------------------------------------ who and where
    def _human(self, user_id: int) -> Json:
        human: Json = {"id": user_id, "is_bot": False, "first_name": f"Person {user_id}"}
        if self._dice.random() < 0.7:
            human["username"] = f"person_{user_id}"
        if self._dice.random() < 0.8:
            human["language_code"] = self._dice.choice(pools.LANGUAGES)
        return human | ({"is_premium": True} if self._dice.random() < 0.2 else {})

    def _group(self, n: int) -> Json:
        if n % 3 == 0:
            return {"id": -5_000 - n, "type": "group", "title": f"Group {n}"}
        group = {"id": -1_001_000_000_000 - n, "type": "supergroup", "title": f"Supergroup {n}"}
        return group | ({"is_forum": True} if n % 3 == 1 else {"username": f"group_{n}"})

    def _person(self) -> Json:
        return BOT if self._dice.random() < 0.02 else self._dice.choice(self._people)

    def _chat(self) -> Json:
        return self._dice.choice((self._private(self._person()), *self._groups, *self._channels))

    def _private(self, human: Json) -> Json:
        return {"id": human["id"], "type": "private", "first_name": human["first_name"]}

    def _moment(self) -> int:
        return self._now_s - self._dice.choice((0, 0, 0, 1, 60, 86_400))

    def _small(self) -> int:
        return self._dice.randrange(1, 300)

    def _token(self) -> str:
        return f"id-{self._dice.randrange(200)}"


_STRINGS: Final[Mapping[str, tuple[str, ...]]] = {
    "text": pools.TEXTS,
    "caption": pools.TEXTS,
    "query": pools.TEXTS,
    "currency": pools.CURRENCIES,
    "invoice_payload": pools.PAYLOADS,
    "paid_media_payload": pools.PAYLOADS,
    "language_code": pools.LANGUAGES,
    "callback_data": pools.DATA,
    "data": (*pools.DATA, *pools.APP_DATA),
}


def as_bytes(update: Json) -> bytes:
    """An update as it comes over the line. What is wrong in it (NaN, halves of letters) comes as it is."""
    return json.dumps(update, separators=(",", ":")).encode()
