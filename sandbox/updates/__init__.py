"""What people do, as the updates Telegram would send: pure builders, without ids of updates.

Each returns the body of an update, `{"message": {...}}` and the like. The world queues such bodies for
the bots; history files carry them with times of the past. Times are milliseconds since the epoch; in the
objects they are whole seconds, as in Telegram.
"""

from sandbox.updates.business import connection_update, customer_update, deleted_update
from sandbox.updates.groups import (
    Change,
    join_request_update,
    membership_update,
    reaction_count_update,
    reaction_update,
    service_update,
)
from sandbox.updates.media import KINDS as MEDIA_KINDS
from sandbox.updates.media import media_part
from sandbox.updates.private import (
    bot_message,
    callback_update,
    command_entities,
    edited_update,
    inaccessible_message,
    member_update,
    message_update,
    part_update,
    start_update,
    text_part,
    utf16_length,
)
from sandbox.updates.queries import (
    app_data_part,
    chosen_update,
    inline_update,
    poll_answer_update,
    poll_update,
)
from sandbox.updates.shop import (
    Invoice,
    Payment,
    payment_update,
    pre_checkout_update,
    refund_update,
    shipping_update,
)

__all__ = [
    "MEDIA_KINDS",
    "Change",
    "Invoice",
    "Payment",
    "app_data_part",
    "bot_message",
    "callback_update",
    "chosen_update",
    "command_entities",
    "connection_update",
    "customer_update",
    "deleted_update",
    "edited_update",
    "inaccessible_message",
    "inline_update",
    "join_request_update",
    "media_part",
    "member_update",
    "membership_update",
    "message_update",
    "part_update",
    "payment_update",
    "poll_answer_update",
    "poll_update",
    "pre_checkout_update",
    "reaction_count_update",
    "reaction_update",
    "refund_update",
    "service_update",
    "shipping_update",
    "start_update",
    "text_part",
    "utf16_length",
]
