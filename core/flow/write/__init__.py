"""Contents with a brief get their texts from GPT: asked for, checked, and stored to be reviewed or used.

Each text is a try of its own: what it may cost at most is set aside in one transaction before the service is
asked, and made right in another together with what came of it. So a crash between the two can only count too
much. Whatever fails, the operator's own text is what people get.

A personal content gets a text for each member of its segments, from enums about that one person; people of
whom the same is said share what was written once.

`budget` bounds what is spent, `missing` finds what is lacking, `asking` asks for it, `pruning` deletes what
is of no use any more.
"""

from core.flow.write.asking import WriteDeps, Written, write_due
from core.flow.write.budget import DAY_MS, Budget
from core.flow.write.missing import MOST_TRIES, Missing, Wanted, missing_texts
from core.flow.write.pruning import KEPT_MS, prune_texts

__all__ = [
    "DAY_MS",
    "KEPT_MS",
    "MOST_TRIES",
    "Budget",
    "Missing",
    "Wanted",
    "WriteDeps",
    "Written",
    "missing_texts",
    "prune_texts",
    "write_due",
]
