"""Operators review GPT's texts; what fails the checks can't be approved; verbs ask a simulated service."""

from __future__ import annotations

import asyncio
import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

import pytest

from adapters.memory import MemoryStore, MemoryWriter
from app.desk.workspace import Workspace
from app.desk.writings import Service, WritingDesk
from console.main import run
from core.catalog import load_catalog
from core.content import Brief, Content, to_document
from core.errors import NotFoundError, RefusedError
from core.flow.write import Budget
from core.ports import Store, Writing
from core.writing import Ask, fingerprint
from sandbox.openai import OpenAiServer
from tests.edges.console.town import NOW, workspace

BRIEF = Brief("warm", ("Members get 20% off",), (), 300)
CONTENT = Content("members", "offer", {"en": "Hi {first_name}, there is something for you."}, brief=BRIEF)
GOOD = "Hi {first_name}, members get 20% off on what is here. Have a look at it!"
PLENTY = Budget(100, 1_000_000, 1_000_000_000, 0.25, 2.0)


@pytest.fixture
def memory() -> Workspace:
    return workspace(MemoryStore())


async def put(store: Store, content: Content = CONTENT, text: str = GOOD) -> Writing:
    """A content with a brief, and a text that waits."""
    mark = fingerprint(Ask(content, "en"))
    async with store.transaction() as tx:
        await tx.contents.put(content.name, to_document(content), NOW, author="test")
        one = Writing(0, content.name, "en", mark, 0, "waiting", text, "", "gpt", NOW)
        return (await tx.writings.add([one]))[0]


async def test_what_waits_is_shown_beside_the_template_and_the_brief(memory: Workspace) -> None:
    one = await put(memory.store)
    (shown,) = await WritingDesk(memory).waiting()
    assert (shown.writing, shown.template) == (one, CONTENT.texts["en"])
    assert (shown.facts, shown.problems) == (BRIEF.facts, ())


async def test_an_approved_text_is_used_and_the_audit_says_who_did_it(memory: Workspace) -> None:
    one = await put(memory.store)
    desk = WritingDesk(memory, "terminal:ayse")
    await desk.approve(one.id)
    assert await desk.waiting() == []
    async with memory.store.transaction(write=False) as tx:
        assert (await load_catalog(tx, memory.specs)).texts_for(CONTENT) == {"en": GOOD}
        (entry,) = await tx.control.audit_trail(1)
    assert (entry.actor, entry.action, entry.target) == (
        "terminal:ayse",
        "writing.approved",
        f"writing:{one.id}",
    )
    with pytest.raises(RefusedError, match="is approved already"):
        await desk.reject(one.id, "late")


async def test_a_rejected_text_is_never_used(memory: Workspace) -> None:
    one = await put(memory.store)
    desk = WritingDesk(memory)
    assert (await desk.reject(one.id, "too loud")).writing.reason == "too loud"
    async with memory.store.transaction(write=False) as tx:
        assert (await load_catalog(tx, memory.specs)).texts_for(CONTENT) == dict(CONTENT.texts)
    with pytest.raises(NotFoundError):
        await desk.approve(one.id + 1)


async def test_no_operator_can_approve_what_the_facts_do_not_say(memory: Workspace) -> None:
    one = await put(memory.store, text=GOOD.replace("20%", "90%"))
    with pytest.raises(RefusedError, match="90 % is in no fact"):
        await WritingDesk(memory).approve(one.id)


async def test_a_text_from_an_earlier_brief_can_not_be_approved(memory: Workspace) -> None:
    one = await put(memory.store)
    edited = replace(CONTENT, brief=replace(BRIEF, tone="dry"))
    async with memory.store.transaction() as tx:
        await tx.contents.put(edited.name, to_document(edited), NOW, author="test")
    with pytest.raises(RefusedError, match="an earlier brief"):
        await WritingDesk(memory).approve(one.id)


async def test_the_price_is_what_asking_can_cost_at_most(memory: Workspace) -> None:
    await put(memory.store)
    other = replace(CONTENT, name="other")
    async with memory.store.transaction() as tx:
        await tx.contents.put("other", to_document(other), NOW, author="test")
    writer = MemoryWriter()
    price = await WritingDesk(memory).price(Service(writer, PLENTY))
    assert [one.ask.content.name for one in price.wanted] == ["other"]
    assert (price.most.tokens_in, price.most.tokens_out, price.most.money) == (200, 100, 250)
    assert writer.asked == []
    nobody = await WritingDesk(memory).price(Service(None, PLENTY), "other")
    assert (nobody.key, len(nobody.wanted)) == (False, 1)


async def test_only_contents_with_a_brief_can_be_written(memory: Workspace) -> None:
    desk, service = WritingDesk(memory), Service(MemoryWriter(), PLENTY)
    with pytest.raises(NotFoundError):
        await desk.write(service, "nothing")
    with pytest.raises(RefusedError, match="has no brief"):
        await desk.write(service, "hot_offer")


# --------------------------------------------------------------------------- verbs
@contextmanager
def served() -> Iterator[str]:
    """A simulated service in a thread of its own."""
    loop = asyncio.new_event_loop()
    server = OpenAiServer()
    thread = threading.Thread(target=loop.run_forever)
    thread.start()
    try:
        yield asyncio.run_coroutine_threadsafe(server.start(), loop).result(10)
    finally:
        asyncio.run_coroutine_threadsafe(server.stop(), loop).result(10)
        loop.call_soon_threadsafe(loop.stop)
        thread.join(10)
        loop.close()


@pytest.fixture
def config(database: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """An installation with a key, and a brief in its store."""
    monkeypatch.setenv("GPT_KEY", "sk-test")
    file, brief = database.parent / "config.yaml", database.parent / "members.yaml"
    brief.write_text(json.dumps({"content": [to_document(CONTENT)]}), encoding="utf-8")
    with served() as url:
        gpt = f"{{key_env: GPT_KEY, base_url: '{url}'}}"
        file.write_text(f"store: {{url: 'sqlite:///{database}'}}\ngpt: {gpt}\n", encoding="utf-8")
        assert run(["content", "put", str(brief), "--yes", "--config", str(file)]) == 0
        yield file


def said(config: Path, line: str, capsys: pytest.CaptureFixture[str], code: int = 0) -> tuple[str, str]:
    capsys.readouterr()
    assert run([*line.split(), "--config", str(config)]) == code
    out = capsys.readouterr()
    return out.out, out.err


def test_from_the_brief_to_the_text_in_use(config: Path, capsys: pytest.CaptureFixture[str]) -> None:
    missing = json.loads(said(config, "content write --dry-run --json", capsys)[0])
    assert [one["content"] for one in missing["missing"]] == ["members"]
    assert missing["price"]["money"] > 0

    assert "needs an answer" in said(config, "content write", capsys, 2)[1]
    done = json.loads(said(config, "content write --yes --json", capsys)[0])
    assert (done["written"]["asked"], done["written"]["waiting"]) == (1, 1)

    (one,) = json.loads(said(config, "content review --json", capsys)[0])["writings"]
    assert one["problems"] == []
    assert "\t" in said(config, "content review", capsys)[0]
    number = one["id"]
    assert "would approve" in said(config, f"content approve {number} --dry-run", capsys)[1]
    assert "is in use" in said(config, f"content approve {number} --yes", capsys)[1]
    assert "is approved already" in said(config, f"content reject {number} --yes", capsys, 3)[1]
    said(config, f"content approve {number + 1} --yes", capsys, 4)
    assert json.loads(said(config, "content review --json", capsys)[0])["writings"] == []


def test_a_rejection_says_why(config: Path, capsys: pytest.CaptureFixture[str]) -> None:
    said(config, "content write members --yes", capsys)
    assert "would reject" in said(config, "content reject 1 --dry-run", capsys)[1]
    assert "is rejected" in said(config, "content reject 1 --reason dull --yes", capsys)[1]
    said(config, "content write nothing --yes", capsys, 4)
    said(config, "content write hot_offer --yes", capsys, 3)


@pytest.fixture
def keyless(database: Path) -> Path:
    """An installation without a key and without a brief."""
    file = database.parent / "config.yaml"
    file.write_text(f"store: {{url: 'sqlite:///{database}'}}\n", encoding="utf-8")
    return file


def means(config: Path, line: str, capsys: pytest.CaptureFixture[str]) -> str | None:
    """What the document says that its figures mean, with and without a dry run the same."""
    done = json.loads(said(config, f"{line} --yes --json", capsys)[0])["written"]
    looked = json.loads(said(config, f"{line} --dry-run --json", capsys)[0])["price"]
    assert done["means"] == looked["means"]
    found: str | None = done["means"]
    return found


def test_nothing_to_write_is_a_sentence(keyless: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert (means(keyless, "content write", capsys) or "").startswith("no content has a brief")
    brief = keyless.parent / "members.yaml"
    brief.write_text(json.dumps({"content": [to_document(CONTENT)]}), encoding="utf-8")
    said(keyless, f"content put {brief} --yes", capsys)
    told = means(keyless, "content write", capsys)
    assert told == "no key is set (gpt.key_env), so the templates are sent in place of 1 missing text"


def test_texts_that_are_all_there_or_wait_are_a_sentence(
    config: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    said(config, "content write --yes", capsys)
    told = means(config, "content write", capsys)
    assert told == "nothing is missing: every brief has its texts; 1 waits for review"
    said(config, "content approve 1 --yes", capsys)
    assert means(config, "content write", capsys) == "nothing is missing: every brief has its texts"
    assert "nothing is missing: every brief has its texts" in said(config, "content write", capsys)[0]


def test_texts_that_can_be_asked_for_need_no_sentence(
    config: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    looked = json.loads(said(config, "content write --dry-run --json", capsys)[0])
    assert looked["price"]["means"] is None


def test_a_key_that_is_not_there_is_one_sentence(
    config: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("GPT_KEY")
    for line in ("content write --yes", "content write --dry-run"):
        out, err = said(config, line, capsys, 2)
        assert out == ""
        assert err.startswith(
            "error: environment variable GPT_KEY, the key of GPT (gpt.key_env), is not set\n"
        )
        assert "next: export GPT_KEY=" in err
    out, _ = said(config, "doctor --json", capsys, 1)
    (found,) = [one for one in json.loads(out)["checks"] if one["name"] == "gpt"]
    assert not found["ok"] and "GPT_KEY" in found["detail"] and "export GPT_KEY=" in found["next"]


def test_the_doctor_says_who_writes(
    keyless: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("GPT_KEY", "sk-test")

    def looked() -> tuple[bool, str]:
        out, _ = said(keyless, "doctor --json", capsys, 1)  # there is no bot
        (found,) = [one for one in json.loads(out)["checks"] if one["name"] == "gpt"]
        return found["ok"], found["detail"]

    assert looked() == (True, "off: no key is set (gpt.key_env), the templates are sent")
    with keyless.open("a", encoding="utf-8") as file:
        file.write("gpt: {key_env: GPT_KEY, model: writer-1}\n")
    ok, detail = looked()
    assert ok and detail.startswith("a key is there; writer-1 at ")
