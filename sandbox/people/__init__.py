"""Simulated people: seeded, with hidden types, who start, consent or not, chat, answer late, buy, meet in
groups, block, ask to be forgotten and come back.

They speak to bots through the sandbox's world alone and know of the product only what its messages show:
`consent:*`, `menu:*`, `set:*`, `page:*`, `buy:vip` and `forget:yes` buttons, invoices, polls, and campaign
messages by their `c:<row id>:<kind>:<choice>` buttons. Everything they do is SIMULATED.
"""

from sandbox.people.places import Places, lay_out
from sandbox.people.settle import Past, settle, write_history
from sandbox.people.town import Population
from sandbox.people.traits import Traits

__all__ = ["Past", "Places", "Population", "Traits", "lay_out", "settle", "write_history"]
