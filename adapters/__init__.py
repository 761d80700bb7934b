"""Brand names live here: each package fulfils ports of `core.ports` with one piece of the outside world.

Adapters know `core` and not each other's worlds; only `app` joins them.
"""
