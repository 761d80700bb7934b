"""Groups of the simulated Telegram: who is in them, who may do what, by which links people come.

Plain state that describes itself as the Bot API does; what happens in a group is told by `sandbox.community`.
"""

from collections import deque
from dataclasses import dataclass, field
from typing import Final, Literal

from sandbox.accounts import Json

Status = Literal["creator", "administrator", "member", "restricted", "left", "kicked"]

RIGHTS: Final = (
    "can_manage_chat",
    "can_delete_messages",
    "can_manage_video_chats",
    "can_restrict_members",
    "can_promote_members",
    "can_change_info",
    "can_invite_users",
    "can_post_stories",
    "can_edit_stories",
    "can_delete_stories",
    "can_pin_messages",
    "can_manage_topics",
    "can_send_welcome_messages",
)
"""What an administrator of a group may be allowed, in the Bot API's words."""
USUAL_RIGHTS: Final = frozenset(
    {"can_manage_chat", "can_delete_messages", "can_restrict_members", "can_invite_users", "can_pin_messages"}
)
PERMISSIONS: Final = (
    *("can_send_messages", "can_send_audios", "can_send_documents", "can_send_photos", "can_send_videos"),
    *("can_send_video_notes", "can_send_voice_notes", "can_send_polls", "can_send_other_messages"),
    *("can_add_web_page_previews", "can_react_to_messages", "can_edit_tag", "can_change_info"),
    *("can_invite_users", "can_pin_messages", "can_manage_topics"),
)
"""What a member may be forbidden, in the Bot API's words."""
_PRESENT: Final = frozenset({"creator", "administrator", "member", "restricted"})
_RECENT: Final = 20


@dataclass(slots=True)
class InviteLink:
    """A link into a group. `creator` is the `User` object of who made it."""

    url: str
    creator: Json
    name: str = ""
    creates_join_request: bool = False
    is_primary: bool = False
    is_revoked: bool = False
    expire_date: int = 0
    member_limit: int = 0
    joined: int = 0

    def as_json(self) -> Json:
        """The Bot API's `ChatInviteLink` object."""
        link: Json = {
            "invite_link": self.url,
            "creator": self.creator,
            "creates_join_request": self.creates_join_request,
            "is_primary": self.is_primary,
            "is_revoked": self.is_revoked,
        }
        known = {"name": self.name, "expire_date": self.expire_date, "member_limit": self.member_limit}
        link.update({name: value for name, value in known.items() if value})
        return link

    def usable(self, now_s: int) -> bool:
        """Whether somebody can still come by it."""
        expired = self.expire_date and now_s >= self.expire_date
        full = self.member_limit and self.joined >= self.member_limit
        return not (self.is_revoked or expired or full)


@dataclass(slots=True)
class Group:
    """A group or supergroup; `bots` are the bots that are members, `left` those that were removed.

    `people` holds everybody who ever was here with their status now, `rights` what each administrator (a
    person or a bot) may do, `asking` the links of open join requests, `recent` the numbers of the last
    messages. `upgraded_to` is the number of the supergroup that this group has become. `restricted` says what
    is left to bots that may not do everything, `locked` that only administrators may write, `closed` which
    topics are.
    """

    id: int
    title: str
    type: str = "supergroup"
    bots: set[int] = field(default_factory=set)
    left: set[int] = field(default_factory=set)
    username: str | None = None
    is_forum: bool = False
    people: dict[int, Status] = field(default_factory=dict)
    rights: dict[int, frozenset[str]] = field(default_factory=dict)
    links: dict[str, InviteLink] = field(default_factory=dict)
    asking: dict[int, str] = field(default_factory=dict)
    topics: dict[int, str] = field(default_factory=dict)
    recent: deque[int] = field(default_factory=lambda: deque(maxlen=_RECENT))
    upgraded_to: int = 0
    restricted: dict[int, frozenset[str]] = field(default_factory=dict)
    locked: bool = False
    closed: set[int] = field(default_factory=set)

    def as_chat(self) -> Json:
        """The Bot API's `Chat` object."""
        chat: Json = {"id": self.id, "type": self.type, "title": self.title}
        if self.username:
            chat["username"] = self.username
        if self.is_forum:
            chat["is_forum"] = True
        return chat

    def status(self, who: int) -> Status:
        """What a person or bot is here."""
        if who in self.bots:
            return (
                "administrator"
                if who in self.rights
                else "restricted"
                if who in self.restricted
                else "member"
            )
        if who in self.left:
            return "kicked"
        return self.people.get(who, "left")

    def is_present(self, who: int) -> bool:
        return self.status(who) in _PRESENT

    def present(self) -> list[int]:
        """The people who are here, in the order in which they first came."""
        return [who for who, status in self.people.items() if status in _PRESENT]

    def may(self, who: int, right: str) -> bool:
        """Whether a person or bot has a right of administrators."""
        return self.status(who) == "creator" or right in self.rights.get(who, ())

    def granted(self, who: int) -> frozenset[str]:
        """The rights of an administrator, or what is left to somebody restricted."""
        return self.rights.get(who) or self.restricted.get(who) or frozenset()

    def administrators(self) -> list[int]:
        """The creator, then people and bots that administer, by number."""
        people = [who for who, status in self.people.items() if status in {"creator", "administrator"}]
        return people + sorted(bot for bot in self.bots if bot in self.rights)

    def admin_bots(self) -> list[int]:
        """Bots that hear who comes and goes, and reactions."""
        return sorted(bot for bot in self.bots if bot in self.rights)

    def link(self, url: str) -> InviteLink | None:
        return self.links.get(url)


def member_object(user: Json, status: Status, rights: frozenset[str] = frozenset()) -> Json:
    """The Bot API's `ChatMember` object."""
    member: Json = {"status": status, "user": user}
    if status == "creator":
        member["is_anonymous"] = False
    elif status == "administrator":
        member |= {"can_be_edited": False, "is_anonymous": False}
        member |= {right: right in rights for right in RIGHTS}
    elif status == "restricted":
        member |= {"is_member": True, "until_date": 0}
        member |= {permission: permission in rights for permission in PERMISSIONS}
    elif status == "kicked":
        member["until_date"] = 0
    return member
