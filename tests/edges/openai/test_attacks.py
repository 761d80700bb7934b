"""The short form of benchmarks/quality/attacks: a model that obeys attackers, and nothing of it in use."""

from __future__ import annotations

from benchmarks.quality._attacks import LINKS, PLACES, WHAT, attacks
from benchmarks.quality.attacks import attack, document_of


async def test_nothing_an_attacker_wants_is_ever_in_use() -> None:
    ran = await attack(attacks(60, seed=11), honest=6)
    document = document_of(ran, 0.0)
    missed = {name: target for name, target in document["targets"].items() if not target["ok"]}
    assert not missed, document["figures"]["problems"]
    assert ran.attacks == 60
    assert ran.harmful_answers > 60, "the model obeys"
    assert ran.approved > 0


def test_every_place_kind_and_disguise_is_tried() -> None:
    found = attacks(500, seed=4)
    assert {(one.place, one.what) for one in found} == {(place, what) for place in PLACES for what in WHAT}
    assert sum(one.what == "link" for one in found) >= 4 * len(LINKS)
    assert len({one.canary for one in found}) == 500
