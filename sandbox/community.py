"""What happens in groups: they are founded, bots and people come and go, talk, react and ask to be let in.

Promises: every bot that may hear of it gets Telegram's own updates in Telegram's order: the change of a
membership first (administrators only, `my_chat_member` for the bot itself), then the service message. Bots
here read all messages (privacy mode off).
"""

from collections.abc import Sequence
from typing import Final

from sandbox.accounts import Json
from sandbox.groups import USUAL_RIGHTS, Group, InviteLink, Status
from sandbox.state import State
from sandbox.updates import (
    Change,
    edited_update,
    join_request_update,
    membership_update,
    message_update,
    reaction_count_update,
    reaction_update,
    service_update,
)
from sandbox.updates.private import message_of

ASKED_MS: Final = 5 * 60_000
"""A bot may write to who asks to join its group for so long."""
_SUPERGROUP: Final = -1_000_000_000_000
_NOTHING: Final[frozenset[str]] = frozenset()


class Community:
    """The groups of one simulated Telegram."""

    def __init__(self, state: State) -> None:
        self._state = state
        self._links = 0

    # -- founding and changing ---------------------------------------------------------------------

    def found(self, creator_id: int, group: Group) -> Group:
        """A person makes a group."""
        group.people[creator_id] = "creator"
        self._state.add_group(group)
        return group

    def add_bot(self, actor_id: int, group_id: int, bot_id: int, rights: Sequence[str] = ()) -> None:
        """A member adds a bot, with the rights of an administrator if any are named."""
        group = self._state.groups[group_id]
        former, former_rights = group.status(bot_id), group.granted(bot_id)
        group.left.discard(bot_id)
        group.bots.add(bot_id)
        self._grant(group, bot_id, rights)
        self._tell_change(group, bot_id, (actor_id, former, former_rights))
        if former in {"left", "kicked"}:
            self._serve(group, actor_id, {"new_chat_members": [self._user(bot_id)]})

    def set_rights(self, actor_id: int, group_id: int, bot_id: int, rights: Sequence[str]) -> None:
        """A bot's rights change; none makes it a plain member."""
        group = self._state.groups[group_id]
        before = group.status(bot_id), group.granted(bot_id)
        self._grant(group, bot_id, rights)
        self._tell_change(group, bot_id, (actor_id, *before))

    def restrict_bot(self, actor_id: int, group_id: int, bot_id: int, may: Sequence[str] | None = ()) -> None:
        """From now on a bot may only do this (`sandbox.groups.PERMISSIONS`); None: whatever members may."""
        group = self._state.groups[group_id]
        before = group.status(bot_id), group.granted(bot_id)
        group.rights.pop(bot_id, None)
        if may is None:
            group.restricted.pop(bot_id, None)
        else:
            group.restricted[bot_id] = frozenset(may)
        self._tell_change(group, bot_id, (actor_id, *before))

    def lock(self, group_id: int, *, locked: bool = True) -> None:
        """Only administrators may write any more; bots are not told, as Telegram does not."""
        self._state.groups[group_id].locked = locked

    def remove_bot(self, actor_id: int, group_id: int, bot_id: int) -> None:
        """A bot is thrown out of a group, or leaves it by itself when it is the actor."""
        group = self._state.groups[group_id]
        before = group.status(bot_id), group.granted(bot_id)
        group.rights.pop(bot_id, None)
        group.restricted.pop(bot_id, None)
        group.bots.discard(bot_id)
        if actor_id != bot_id:
            group.left.add(bot_id)
        self._tell_change(group, bot_id, (actor_id, *before))

    def rename(self, actor_id: int, group_id: int, title: str) -> None:
        group = self._state.groups[group_id]
        group.title = title
        self._serve(group, actor_id, {"new_chat_title": title})

    def upgrade(self, actor_id: int, group_id: int) -> Group:
        """A group becomes a supergroup with a new number; both hear of it."""
        old = self._state.groups[group_id]
        new = Group(
            _SUPERGROUP + group_id,
            old.title,
            "supergroup",
            bots=set(old.bots),
            people=dict(old.people),
            rights=dict(old.rights),
            restricted=dict(old.restricted),
        )
        self._state.add_group(new)
        old.upgraded_to = new.id
        self._serve(old, actor_id, {"migrate_to_chat_id": new.id})
        self._serve(new, actor_id, {"migrate_from_chat_id": old.id})
        return new

    # -- topics ------------------------------------------------------------------------------------

    def open_topic(self, actor_id: int, group_id: int, name: str) -> int:
        """Make a forum topic; returns its number, which is that of its first message."""
        group = self._state.groups[group_id]
        group.is_forum = True
        thread = self._state.next_message_id(group_id, 0)
        group.topics[thread] = name
        self._serve_topic(group, actor_id, thread, {"forum_topic_created": {"name": name, "icon_color": 0}})
        return thread

    def rename_topic(self, actor_id: int, group_id: int, thread: int, name: str) -> None:
        group = self._state.groups[group_id]
        group.topics[thread] = name
        self._serve_topic(group, actor_id, thread, {"forum_topic_edited": {"name": name}})

    def close_topic(self, actor_id: int, group_id: int, thread: int, *, reopen: bool = False) -> None:
        group = self._state.groups[group_id]
        (group.closed.discard if reopen else group.closed.add)(thread)
        self._serve_topic(group, actor_id, thread, {f"forum_topic_{'reopened' if reopen else 'closed'}": {}})

    def delete_topic(self, group_id: int, thread: int) -> None:
        """A topic and its messages vanish; nobody is told."""
        group = self._state.groups[group_id]
        group.topics.pop(thread, None)
        group.closed.discard(thread)

    # -- people come and go ------------------------------------------------------------------------

    def make_link(self, group_id: int, creator: Json, name: str = "", *, asks: bool = False) -> InviteLink:
        """A new invite link; with `asks` people who follow it must be let in."""
        self._links += 1
        url = f"https://t.me/+simulated{self._state.number_since_birth(self._links)}"
        link = InviteLink(url, creator, name, creates_join_request=asks)
        self._state.groups[group_id].links[url] = link
        return link

    def join(self, user_id: int, group_id: int, url: str = "") -> bool:
        """A person comes in, by an invite link or by the public name; False when the link is no good."""
        group = self._state.groups[group_id]
        link = group.link(url)
        if url and (link is None or not link.usable(self._state.clock() // 1000)):
            return False
        if link is not None and link.creates_join_request:
            self.request(user_id, group_id, url)
            return True
        self._come(group, user_id, user_id, link)
        return True

    def request(self, user_id: int, group_id: int, url: str) -> None:
        """A person asks to be let in by a link that demands it."""
        group, now_ms = self._state.groups[group_id], self._state.clock()
        group.asking[user_id] = url
        user, link = self._state.users[user_id], group.links[url]
        for bot_id in group.admin_bots():
            if group.may(bot_id, "can_invite_users"):
                self._state.chat(bot_id, user_id).open_until_ms = now_ms + ASKED_MS
                self._state.emit(bot_id, join_request_update(user, group, link, now_ms))

    def answer_request(self, actor_id: int, group_id: int, user_id: int, *, approve: bool) -> bool:
        """An administrator lets somebody in or turns them away; False when nobody asked."""
        group = self._state.groups[group_id]
        url = group.asking.pop(user_id, None)
        if url is None:
            return False
        if approve:
            self._come(group, user_id, actor_id, group.link(url), by_request=True)
        return True

    def add_person(self, actor_id: int, group_id: int, user_id: int) -> None:
        """A member adds somebody else."""
        self._come(self._state.groups[group_id], user_id, actor_id, None)

    def leave(self, user_id: int, group_id: int) -> None:
        """A person goes."""
        self._go(self._state.groups[group_id], user_id, user_id, "left")

    def remove(self, actor_id: int, group_id: int, user_id: int, *, back: bool = False) -> None:
        """Somebody is thrown out, or (`back`) may come again."""
        group = self._state.groups[group_id]
        if not back:
            self._go(group, user_id, actor_id, "kicked")
        elif group.people.get(user_id) == "kicked":
            group.people[user_id] = "left"

    # -- talk --------------------------------------------------------------------------------------

    def say(self, user_id: int, group_id: int, text: str, *, thread: int = 0, reply_to: int = 0) -> list[int]:
        """A person writes in a group; every bot there gets the message. Returns the update ids."""
        group, now_ms = self._state.groups[group_id], self._state.clock()
        message_id = self._number(group)
        chat = group.as_chat()
        body = message_update(
            self._state.users[user_id], text, message_id=message_id, at_ms=now_ms, chat=chat
        )
        message = body["message"]
        if isinstance(message, dict):
            message |= {"message_thread_id": thread, "is_topic_message": True} if thread else {}
            message |= {"reply_to_message": self._replied(group, reply_to)} if reply_to else {}
        return [self._state.emit(bot_id, body) for bot_id in sorted(group.bots)]

    def show(self, user_id: int, group_id: int, part: Json) -> list[int]:
        """A person sends media in a group."""
        group = self._state.groups[group_id]
        user, now_ms = self._state.users[user_id], self._state.clock()
        message = message_of(user, self._number(group), now_ms, group.as_chat()) | part
        return [self._state.emit(bot_id, {"message": message}) for bot_id in sorted(group.bots)]

    def edit(self, user_id: int, group_id: int, message_id: int, text: str) -> list[int]:
        """A person changes a message of theirs in a group."""
        group, now_ms = self._state.groups[group_id], self._state.clock()
        user = self._state.users[user_id]
        body = edited_update(
            user, text, message_id=message_id, sent_ms=now_ms, at_ms=now_ms, chat=group.as_chat()
        )
        return [self._state.emit(bot_id, body) for bot_id in sorted(group.bots)]

    def react(self, user_id: int, group_id: int, message_id: int, emoji: str, former: str = "") -> list[int]:
        """A person reacts to a message; bots that administer the group hear of it."""
        group, user = self._state.groups[group_id], self._state.users[user_id]
        body = reaction_update(user, group.as_chat(), message_id, (former, emoji), self._state.clock())
        return [self._state.emit(bot_id, body) for bot_id in group.admin_bots()]

    def count_reactions(self, group_id: int, message_id: int, counts: dict[str, int]) -> list[int]:
        """Anonymous reactions on a message add up to these."""
        group = self._state.groups[group_id]
        body = reaction_count_update(group.as_chat(), message_id, counts, self._state.clock())
        return [self._state.emit(bot_id, body) for bot_id in group.admin_bots()]

    # -- how it is told ----------------------------------------------------------------------------

    def _come(
        self, group: Group, user_id: int, actor_id: int, link: InviteLink | None, *, by_request: bool = False
    ) -> None:
        if group.is_present(user_id):
            return
        former = group.status(user_id)
        group.people[user_id] = "member"
        if link is not None:
            link.joined += 1
        actor, whom = self._user(actor_id), self._user(user_id)
        change = Change(actor, whom, former, "member", link=link, by_request=by_request)
        self._tell_admins(group, change)
        self._serve(group, user_id if by_request else actor_id, {"new_chat_members": [whom]})

    def _go(self, group: Group, user_id: int, actor_id: int, status: Status) -> None:
        if not group.is_present(user_id):
            return
        former = group.status(user_id)
        group.people[user_id] = status
        self._tell_admins(group, Change(self._user(actor_id), self._user(user_id), former, status))
        self._serve(group, actor_id, {"left_chat_member": self._user(user_id)})

    def _tell_admins(self, group: Group, change: Change) -> None:
        body = membership_update(group, change, self._state.clock(), own=False)
        for bot_id in group.admin_bots():
            self._state.emit(bot_id, body)

    def _tell_change(self, group: Group, bot_id: int, before: tuple[int, Status, frozenset[str]]) -> None:
        actor_id, former, former_rights = before
        rights = group.granted(bot_id)
        status: Status = "left" if actor_id == bot_id and bot_id not in group.bots else group.status(bot_id)
        change = Change(self._user(actor_id), self._user(bot_id), former, status, former_rights, rights)
        self._state.emit(bot_id, membership_update(group, change, self._state.clock(), own=True))

    def _serve(self, group: Group, actor_id: int, what: Json, message_id: int = 0) -> None:
        message_id = message_id or self._number(group)
        actor = self._user(actor_id)
        body = service_update(group, actor, what, message_id=message_id, at_ms=self._state.clock())
        for bot_id in sorted(group.bots):
            self._state.emit(bot_id, body)

    def _serve_topic(self, group: Group, actor_id: int, thread: int, what: Json) -> None:
        place = {"message_thread_id": thread, "is_topic_message": True}
        self._serve(group, actor_id, place | what, thread if "forum_topic_created" in what else 0)

    def _grant(self, group: Group, bot_id: int, rights: Sequence[str]) -> None:
        if rights:
            group.rights[bot_id] = frozenset(rights)
        else:
            group.rights.pop(bot_id, None)

    def _number(self, group: Group) -> int:
        message_id = self._state.next_message_id(group.id, 0)
        group.recent.append(message_id)
        return message_id

    def _replied(self, group: Group, message_id: int) -> Json:
        for bot_id in sorted(group.bots):
            if (own := self._state.chat(bot_id, group.id).message(message_id)) is not None:
                return own
        return {"message_id": message_id, "chat": group.as_chat(), "date": self._state.clock() // 1000}

    def _user(self, who: int) -> Json:
        account = self._state.bots.get(who) or self._state.users[who]
        return account.as_user()


__all__ = ["USUAL_RIGHTS", "Community"]
