"""What goes wrong on demand: rejections, server errors, time-outs and dropped connections.

A fault *before* leaves the call without effect; *after* means the call took effect and the caller never
learns of it, the case no client can tell from the former. Faults are either counted (the next N calls)
or drawn with a probability from a seeded generator, so a run with faults repeats.
"""

import random
from dataclasses import dataclass, replace
from typing import Literal, get_args

from sandbox.accounts import Json

FaultKind = Literal[
    "429", "500", "timeout_before", "timeout_after", "drop_before", "drop_after", "drop_within", "slow"
]
KINDS: tuple[FaultKind, ...] = get_args(FaultKind)
ANY_METHOD = "*"


@dataclass(frozen=True, slots=True)
class Fault:
    """One fault. `method` is a method's name or `*`; `times` is how many calls it still hits (None: no end);
    `hold_s` is how long a time-out holds the connection before it is dropped, or a slow call is held."""

    method: str
    kind: FaultKind
    times: int | None = 1
    probability: float = 1.0
    retry_after: int = 5
    hold_s: float = 3600.0

    @property
    def after(self) -> bool:
        """Whether the call takes effect all the same."""
        return self.kind in {"timeout_after", "drop_after", "drop_within", "slow"}

    def hits(self, method: str) -> bool:
        return self.method == ANY_METHOD or self.method.lower() == method.lower()


class Faults:
    """The faults that are planned; the first that matches a call strikes."""

    def __init__(self, seed: int = 0) -> None:
        self._dice = random.Random(seed)
        self.planned: list[Fault] = []
        self.struck = 0

    def plan(self, fault: Fault) -> None:
        """Add a fault behind those already planned."""
        self.planned.append(fault)

    def clear(self) -> None:
        """From now on nothing goes wrong on purpose."""
        self.planned.clear()

    def take(self, method: str) -> Fault | None:
        """The fault that strikes this call, if any; counted ones are used up."""
        for index, fault in enumerate(self.planned):
            if not fault.hits(method) or (fault.probability < 1 and self._dice.random() >= fault.probability):
                continue
            self._use(index, fault)
            self.struck += 1
            return fault
        return None

    def _use(self, index: int, fault: Fault) -> None:
        if fault.times is None:
            return
        if fault.times <= 1:
            del self.planned[index]
        else:
            self.planned[index] = replace(fault, times=fault.times - 1)


def parse_fault(wish: object) -> Fault:
    """A fault from JSON. Raises ValueError with a sentence about what is wrong.

    A probability without `times` lasts until the faults are cleared; without either one call is hit.
    """
    if not isinstance(wish, dict):
        raise ValueError("a fault is an object such as {'method': 'sendMessage', 'kind': '500'}")
    fields: Json = {"method": ANY_METHOD, **wish}
    unknown = sorted(set(fields) - set(Fault.__dataclass_fields__))
    if unknown:
        raise ValueError(f"a fault has no field {unknown[0]!r}")
    kind = next((known for known in KINDS if known == str(fields.get("kind"))), None)
    if kind is None:
        raise ValueError(f"the kind of a fault is one of {', '.join(KINDS)}")
    times = fields.get("times", 1 if "probability" not in fields else None)
    return Fault(
        method=str(fields["method"]),
        kind=kind,
        times=None if times is None else int(_number(times)),
        probability=_number(fields.get("probability", 1.0)),
        retry_after=int(_number(fields.get("retry_after", 5))),
        hold_s=_number(fields.get("hold_s", 3600.0)),
    )


def _number(value: object) -> float:
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise ValueError(f"a number is needed, not {value!r}")
    return float(value)
