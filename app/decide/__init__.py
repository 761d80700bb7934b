"""The decision service: another system asks whom to write to, when and with what, and sends by itself.

The planner, the door, the limits and the learning are the product's own; only the store is columns in
memory and the clock is that of the messages. The caller owns consent, quiet hours and the holdout.

messages   JSON lines -> values that can't be wrong
memory     columns about people and about messages on their way
service    answers `plan`, learns from `observe`
"""

from app.decide.service import Service, run

__all__ = ["Service", "run"]
