"""Texts of GPT: what the facts allow passes; foreign addresses, claims, languages and leaks are found."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from core.content import Brief, Content, Media
from core.writing import About, Ask, checks, fingerprint, fits

LINK = "https://lale.example/uyelik"
BRIEF = Brief(
    "warm and short, never pushing anybody to decide anything at once",
    (
        "Members get 20% off on skin care until 30 June",
        "Teslimat 2 günde, Türkiye'nin her yerine ücretsiz",
        "The shop is called Lale",
    ),
    (LINK,),
    400,
)
CONTENT = Content(
    "vip_offer",
    "offer",
    {"tr": "Merhaba {first_name}, üyelere indirim var.", "en": "Hi {first_name}, members get a discount."},
    brief=BRIEF,
)
TR, EN = Ask(CONTENT, "tr"), Ask(CONTENT, "en")

GOOD = {
    "tr": (
        "Merhaba {first_name} 👋 Cilt bakım ürünlerinde üyelere %20 indirim var. Siparişin 2 günde, üstelik "
        "ücretsiz kapında. Bakmak ister misin?",
        f"Selam {{first_name}}! Lale üyelerine cilt bakımında <b>%20 indirim</b> var. Ayrıntılar: {LINK}",
        "{first_name}, bir süredir konuşamadık. Lale'de cilt bakım ürünlerine göz atmak istersen, üyelere "
        "30 Haziran'a kadar %20 indirim var 🌷",
        "Hoş geldin {first_name}! Buradayız. Lale’nin cilt bakımında üyelere yüzde yirmi indirim var.",
    ),
    "en": (
        "Hi {first_name} 👋 Members get 20% off on skin care until 30 June. Shall I show you what is new?",
        "We haven't talked for a while, {first_name}. If you like, look at Lale's skin care: members get 20% "
        "off. Feel free to ask anything.",
        f'Hello {{first_name}}, <a href="{LINK}">membership at Lale</a> gives you 20 % off — delivery takes '
        "2 days and is free.",
        "Psst, {first_name}… there's 20% off skin care for members. I think you'd like it! 👩‍💻 ❤️",
        f"Hi {{first_name}}, what is new for members is here ({LINK}). Have a look, if you like.",
    ),
}


@pytest.mark.parametrize(
    ("language", "text"), [(language, text) for language, texts in GOOD.items() for text in texts]
)
def test_what_the_facts_say_may_be_said(language: str, text: str) -> None:
    assert checks(text, Ask(CONTENT, language)) == ()


@pytest.mark.parametrize(
    ("text", "kind"),
    [
        ("Hi {first_name}, members get 30% off on skin care, have a look.", "claims"),
        ("Hi {first_name}, members get 20 TL off on skin care, have a look.", "claims"),
        ("Hi {first_name}, members get thirty percent off, have a look at it.", "claims"),
        ("Hi {first_name}, the offer for you ends at midnight, so have a look.", "claims"),
        ("Hi {first_name}, we guarantee that you will like what is here.", "claims"),
        ("Hi {first_name}, there is a gift for you here, have a look at it.", "claims"),
        ("Hi {first_name}, it is here for you until Friday, have a look at it.", "claims"),
        ("Good morning {first_name}, how are you? Have a look at what is here.", "claims"),
        ("Hi {first_name}, delivery takes 3 days, have a look at what is new.", "claims"),
        ("Hi {first_name}, Ayşe Demir told us that you like what we have here.", "personal"),
        ("Hi {first_name}, the card 4111 1111 1111 1111 is what we have of you.", "personal"),
        ("Hi {first_name}, ask for us at five three two one one, we are here.", "personal"),
        ("Hi {first_name}, sıfır beş otuz iki elli is what you can ask for.", "personal"),
        ("Hi {first_name}, look for lale in Telegram, we are there for you.", "links"),
        ("Hi {first_name}, write to us on Instagram, we are there for you.", "links"),
        ("Hi {first_name}, as an AI language model I can not say what is here.", "leak"),
        ("Hi {first_name}, be warm and short, never pushing anybody to decide it.", "leak"),
        ("Hi {last_name}, have a look at what is new for you in the shop here.", "places"),
        ("Hi {{first_name}}, have a look at what is new for you in the shop.", "places"),
        ("Hi {first_name}, <b>have a look at what is new for you in the shop.", "html"),
        ("Hi {first_name}, <script>have a look</script> at what is new for you.", "html"),
        ("Hi {first_name}, have a look&#46; It is new for you in the shop here.", "html"),
        ("Hi {first_name}, have a l\u200book at what is new for you in the shop.", "characters"),
        ("Hi {first_name}, have а look at what is new for you in the shop.", "characters"),
        ("Hi {first_name}, \u202ehave a look at what is new for you in the shop.", "characters"),
        ("Hi " + "have a look at it " * 30, "length"),
        ("x" * 9_000, "length"),
        ("", "language"),
        ("Merhaba {first_name}, bu hafta neler var, bakmak ister misin?", "language"),
        ("Guten Tag, wir haben ein gutes Angebot für dich und deine Familie.", "language"),
        ("Bonjour, nous avons une offre pour vous et votre famille ici.", "language"),
        ("Hola, tenemos una oferta para ti y tu familia en la tienda.", "language"),
        ("Ciao, abbiamo una bella offerta per te e per la tua famiglia.", "language"),
        ("Hoi, wij hebben een mooie aanbieding voor jou en je familie.", "language"),
        ("Salam, bizdə sizin üçün yaxşı təklif var, baxmaq istəyirsiniz.", "language"),
    ],
)
def test_what_they_do_not_say_is_refused(text: str, kind: str) -> None:
    assert kind in {reason.partition(":")[0] for reason in checks(text, EN)}


LABELS = st.from_regex(r"[a-z][a-z0-9]{3,11}", fullmatch=True)
ENDINGS = st.sampled_from(["com", "net", "org", "me", "io", "ru", "xyz", "zone", "shop", "com.tr", "info"])
DISGUISES = {
    "plain": "{label}.{ending}",
    "with a scheme": "https://{label}.{ending}/x",
    "another scheme": "http: // {label} . {ending}",
    "in Telegram": "t.me/{label}",
    "in Telegram, spaced": "t . me / {label}",
    "by name": "@{label}",
    "by tg": "tg://resolve?domain={label}",
    "by mail": "mailto:{label}@{label}.{ending}",
    "capitals": "{LABEL}.{ENDING}",
    "with a space before": "{label} .{ending}",
    "with a space behind": "{label}. {ending}",
    "with spaces": "{label} . {ending}",
    "in round brackets": "{label}(.){ending}",
    "in square brackets": "{label}[.]{ending}",
    "as a word": "{label} dot {ending}",
    "as a Turkish word": "{label} nokta {ending}",
    "as a word in brackets": "{label}[dot]{ending}",
    "as a word in braces": "{label}(nokta){ending}",
    "split over lines": "{label}.\n{ending}",
    "in tags": "{label}<b>.</b>{ending}",
    "split by tags": "{label}<i></i>.<b></b>{ending}",
    "behind a word": '<a href="https://{label}.{ending}">here</a>',
    "as markdown": "[here](https://{label}.{ending})",
    "zero width": "{label}\u200b.\u200b{ending}",
    "full width stop": "{label}．{ending}",
    "ideographic stop": "{label}。{ending}",
    "one dot leader": "{label}․{ending}",
    "middle dot": "{label}·{ending}",
    "homoglyphs": "{label}.\u0441\u043em",
    "full width letters": "{label}.\uff43\uff4f\uff4d",
    "circled letters": "{label}.ⓒⓞⓜ",
    "an entity": "{label}&#46;{ending}",
    "an entity twice": "{label}&amp;#46;{ending}",
    "percent coded": "{label}%2E{ending}",
    "punycode": "xn--{label}.{ending}",
    "a foreign letter": "{label}\u00f8.{ending}",
    "behind a placeholder": "{{first_name}}.{ending}",
    "behind ours": LINK + ".{label}.{ending}",
    "before ours": "https://{label}.{ending}/" + LINK,
    "with ours as user": LINK + "@{label}.{ending}",
    "below ours": LINK + "/../{label}",
    "an ellipsis": "{label}…{ending}",
    "by number": "10.20.30.40",
    "one by one": "e v i l . c o m",
    "as a bot": "{label}_bot",
    "as a glued bot": "{label}bot",
}


@given(LABELS, ENDINGS, st.sampled_from(sorted(DISGUISES)), st.integers(0, 100))
def test_a_foreign_address_is_found_in_any_disguise(label: str, ending: str, how: str, where: int) -> None:
    forms = {"label": label, "ending": ending, "LABEL": label.upper(), "ENDING": ending.upper()}
    address = DISGUISES[how].format(**forms)
    for ask in (TR, EN):
        words = GOOD[ask.language][0].split(" ")
        place = where % (len(words) + 1)
        assert checks(" ".join([*words[:place], address, *words[place:]]), ask), address


@given(
    st.integers(0, 99_999), st.sampled_from(["%", " TL", "₺", " percent", " lira", " days", " gün", "", "'e"])
)
def test_a_figure_that_no_fact_states_is_found(figure: int, unit: str) -> None:
    stated = {
        (20, "%"),
        (20, " percent"),
        (30, ""),
        (2, " days"),
        (2, " gün"),
        (2, ""),
        (30, "'e"),
        (2, "'e"),
    }
    for ask in (TR, EN):
        found = checks(GOOD[ask.language][0] + f" Var mı, is it {figure}{unit}?", ask)
        claims = [reason for reason in found if reason.startswith("claims")]
        assert bool(claims) == ((figure, unit) not in stated), found


@given(st.text(max_size=200))
def test_any_text_at_all_gets_an_answer(text: str) -> None:
    assert isinstance(checks(text, TR), tuple)


@settings(deadline=3_000, max_examples=10)
@given(st.text(alphabet="aA1.:/ -(@<>{}&#_,\n", min_size=1, max_size=5))
@example("_")
@example("1")
@example("a_")
@example("ı")
@example("dot")
@example("1 ")
@example("yuz")
def test_no_text_takes_long_to_read(part: str) -> None:
    """The deadline is far above what is needed, and far below what a pattern that backtracks would take."""
    assert checks((part * 8_000)[:8_000] + " evil.com", EN)


def test_what_the_service_was_told_must_not_come_back() -> None:
    told = "You write one short message of a shop to one of its customers."
    text = "Hi {first_name}, you write one short message of a shop to it."
    assert checks(text, EN) == ()
    assert checks(text, EN, told) == ("leak: it repeats what the service was told",)


def test_an_address_of_the_brief_counts_only_as_it_stands() -> None:
    text = "Hi {first_name}, have a look at what is new for you: "
    assert checks(text + LINK, EN) == ()
    assert checks(text + LINK + ".", EN) == ()
    for other in (LINK + "/x", LINK + "?to=1", LINK.replace("https", "http") + "x", "x" + LINK, LINK[:-3]):
        assert checks(text + other, EN), other


def test_the_fingerprint_changes_with_all_that_is_asked() -> None:
    base = fingerprint(EN)
    changed = [
        replace(CONTENT, brief=replace(BRIEF, tone="dry")),
        replace(CONTENT, brief=replace(BRIEF, facts=BRIEF.facts[:1])),
        replace(CONTENT, brief=replace(BRIEF, links=())),
        replace(CONTENT, brief=replace(BRIEF, max_chars=300)),
        replace(CONTENT, texts={**CONTENT.texts, "en": "Hi."}),
        replace(CONTENT, media=(Media("photo", "https://lale.example/a.jpg"),)),
    ]
    marks = [fingerprint(Ask(one, "en")) for one in changed] + [fingerprint(TR)]
    assert len({base, *marks}) == len(marks) + 1
    assert fits(base, CONTENT, "en")
    assert not fits(base, CONTENT, "tr")
    assert not any(fits(base, one, "en") for one in changed)
    assert not fits(base, replace(CONTENT, brief=None), "en")


def test_a_personal_text_is_known_by_what_is_said_of_the_person() -> None:
    mine, yours = About("HOT_LEAD", "days", "new", ("vip",)), About("HOT_LEAD", "weeks", "new", ("vip",))
    marks = [fingerprint(Ask(CONTENT, "en", one)) for one in (mine, yours, None)]
    assert len(set(marks)) == 3
    assert all(fits(mark, CONTENT, "en") for mark in marks)
