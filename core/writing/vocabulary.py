"""Words, as they are compared: lower case, without accents. A trailing * takes any ending.

They are data of the checks, in both languages together: what the facts state in one may be said in the other.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Final


def _listed(text: str) -> tuple[str, ...]:
    return tuple(" ".join(one.split()) for one in text.split(","))


def pattern(words: tuple[str, ...]) -> re.Pattern[str]:
    """Finds any of the words, wherever it stands by itself."""
    parts = []
    for word in words:
        body = re.escape(word.removesuffix("*")).replace(r"\ ", r"[\s-]+")
        parts.append(body if word.endswith("*") else body + r"\b")
    return re.compile(r"(?<!\w)(?:" + "|".join(parts) + ")")


BINDING: Final[Mapping[str, tuple[str, ...]]] = {
    name: _listed(words)
    for name, words in {
        "free of charge": """free, bedava*, beles*, ucretsiz*, gratis, complimentary, no cost, parasiz, on the
            house, costs nothing, costs you nothing, pay nothing, nothing to pay, without paying, no payment,
            odemeden, odeme yapma*, para vermeden, bedelsiz*, masrafsiz*,
            karsiliksiz*, ikram*, bizden olsun, kahveler bizden,
            caylar bizden, it's on us, is on us""",
        "a guarantee": """guarant*, warrant*, garanti*, teminat*, riskfree, risk free, risksiz*, no
            risk, kesin, promise*, soz veri*""",
        "a discount": """discount*, indirim*, sale, cheap*, ucuz*, kampanya*, promo*, deal, deals, saving,
            savings, tasarruf*, price drop, off, bargain*, kelepir*, clearance*, slashed, prices are down,
            prices fell, fiyatlar dustu, fiyatlari dusur*""",
        "a voucher": "kupon*, coupon*, voucher*, hediye ceki*, gift card*",
        "money back later": "cashback*, cash back, nakit iade*, para iade*",
        "a fraction": """half, halved, halves, yari, yarim, yarisi, yarisina, quarter*, ceyrek*, ucte*,
            dortte*, beste*, a third, one third, two thirds, a fifth, one fifth,
            a tenth, one tenth""",
        "one more": "bir alana, iki alana, ikincisi, buy one, get one, two for one, second one",
        "how many": """thousands, hundreds, millions, dozens, binlerce*, yuzlerce*, onlarca*, milyonlarca*,
            milyonlar, binler""",
        "a gift or prize": """gift*, hediye*, bonus*, odul*, prize*, reward*, win, wins, kazan, kazanin,
            kazanabil*""",
        "a lottery": """cekilis*, lottery, raffle*, giveaway*, winner*, you won, kazandin*, jackpot*,
            piyango*, been chosen, been selected, secildin*, sansli kisi""",
        "money to be had": """cash, nakit, kazanc*, earn, earns, earned, earning*, profit*, income*,
            ek gelir*, gelir elde*, gelir kap*,
            yatirim*, invest*, para kazan*, passive*, get rich, zengin ol*""",
        "a currency of its own": "kripto*, crypto*, bitcoin*",
        "credit": """kredi*, loan, loans, faiz*, taksit*, installment*, instalment*, interest free, no
            interest, without interest, vade farksiz*, pesinatsiz*""",
        "a secret asked for": """password*, passcode*, pin code*, your pin, card number*, card details, cvv*,
            iban*, sifre*, parola*, kart numara*, kart bilgi*, kimlik numara*, verify your, account will be,
            hesabin kapa*, hesabini dogrula*, account number, bank account, hesap numara*, phone number,
            telefon numara*, telefonunu yaz*, your address, adresini yaz*, send money, para gonder*,
            para yolla*, havale*""",
        "a superlative": """best, cheapest, lowest, number one, en iyi*, en ucuz*, en uygun*, unbeatable,
            world's, birinciyiz, birinci olduk, bir numara*, top rated""",
        "haste": """last chance, son sans*, son gun*, son saat*, only today, limited, sinirli, stok*,
            in stock, expir*, deadline*, midnight, gece yarisi*, sona er*, ends, tuken*, hurry,
            acele*, last one, sonuncu*, son birkac, running out, run out, supplies last, few left, now or
            never, selling fast, bitmeden, next hour,
            this year only, too late, saat icinde, ay sonu*, yil sonu*, sabaha kadar, oglene kadar, son an""",
        "money back": "refund*, iade, iadesi, iadeli, money back, geri ode*",
        "proof or approval": """cure, cures, cured, tedavi*, certifi*, sertifika*, onayli*, official*,
            resmi, approved, scientific*, bilimsel*, proven, kanitlan*, doctor*, doktor*, miracle*,
            mucize*, heal, heals, healing, iyilestir*, sifa*""",
        "today": """today*, bugun*, tonight, bu gece*, bu aksam*, bu sabah*, bu hafta*, bu ay, this
            morning, this evening, this week, this month""",
        "tomorrow": "tomorrow*, yarin, yarina, yarinki",
        "next week or month": """next week, next month, gelecek hafta*, onumuzdeki hafta*, haftaya,
            gelecek ay*, onumuzdeki ay*""",
        "a feast": """bayram*, ramazan*, ramadan*, christmas*, xmas, noel*, easter, halloween, new year*,
            yilbasi*, yeni yil*, mutlu yillar, valentine*, sevgililer gunu*, black friday""",
        "the weekend": "weekend*, hafta sonu*",
        "an hour of the day": """good morning, good evening, good afternoon, good night, gunaydin, iyi
            aksamlar, iyi geceler""",
        "Monday": "monday*, pazartesi*",
        "Tuesday": "tuesday*, sali, saliya",
        "Wednesday": "wednesday*, carsamba*",
        "Thursday": "thursday*, persembe*",
        "Friday": "friday*, cuma, cumaya",
        "Saturday": "saturday*, cumartesi*",
        "Sunday": "sunday*, pazar, pazara",
        "January": "january, ocak, ocakta, ocaga",
        "February": "february, subat*",
        "March": "in march, by march, until march, since march, of march, mart, marta, martta",
        "April": "april, nisan*",
        "May": "in may, by may, until may, since may, of may, mayis*",
        "June": "june, haziran*",
        "July": "july, temmuz*",
        "August": "august, agustos*",
        "September": "september, eylul*",
        "October": "october, ekim, ekime, ekimde",
        "November": "november, kasim, kasima, kasimda",
        "December": "december, aralik, aralikta, araliga",
    }.items()
}
"""Words that bind whoever says them, by what they promise."""

HARMLESS: Final = re.compile(r"\bfeel free\b|\bfree time\b|\bfree moment\b|\bbugune kadar\b|\bbest regards\b")
"""Where a binding word binds to nothing."""

NUMBERS: Final[Mapping[str, Mapping[str, str]]] = {
    language: dict(pair.split() for pair in words.split(","))
    for language, words in {
        "tr": """iki 2, uc 3, dort 4, bes 5, alti 6, yedi 7, sekiz 8, dokuz 9, on 10, yirmi 20, otuz
            30, kirk 40, elli 50, altmis 60, yetmis 70, seksen 80, doksan 90, yuz 100, bin 1000,
            milyon 1000000, milyar 1000000000, sifir 0""",
        "en": """two 2, three 3, four 4, five 5, six 6, seven 7, eight 8, nine 9, ten 10, eleven 11,
            twelve 12, thirteen 13, fourteen 14, fifteen 15, sixteen 16, seventeen 17, eighteen 18,
            nineteen 19, twenty 20, thirty 30, forty 40, fifty 50, sixty 60, seventy 70,
            eighty 80, ninety 90, hundred 100, thousand 1000, million 1000000, dozen 12, twice 2,
            double 2, triple 3""",
    }.items()
}
"""Figures that are written as words."""

MODEL: Final = _listed(
    """prompt*, system message*, system role, sistem mesaj*, talimat*, instruction*, as an ai,
    language model*, dil model*, yapay zek*, chatgpt, chat gpt, openai, open ai, gpt, json, assistant,
    asistan*, ignore all, ignore any, ignore the, ignore previous, ignore above, yok say*, brief says,
    the brief, holdout*, kill switch*, cooldown*, daily limit*, quiet hours, without review, consent*,
    segment*"""
)
"""What only somebody says who speaks of the request, or of how messages are made, instead of to a person."""

TR_WORDS: Final = frozenset(
    """ve bir bu şu o için ile çok daha sana seni sen senin size sizi siz sizin biz bize bizim ben bana
        benim de da mi mı mu mü ne nasıl var yok gibi kadar en olan olarak değil ama fakat ya hem
        şimdi hemen yeni merhaba selam olsun oldu olur ister istersen misin mısın musun müsün tam
        her hâlâ hala ki sonra önce burada burası buradan bugün artık kısa küçük güzel iyi bak gel
        yaz seç tıkla geri hoş geldin belki biraz bile birlikte kendi hiç birkaç ayrıca yalnızca
        sadece üzere göre""".split()  # noqa: SIM905 - a list of words reads better as a text
)
EN_WORDS: Final = frozenset(
    """the and you your yours is are was be been for to of with in on at it its this that we our us
        have has can not hi hello here there what when how from if or but more will just let would could
        like i i'm we're you're it's don't there's here's by as about into up out get got so they them
        their my do does did back some any all how's a an only until who those these which where why now
        see new want than then while still may much many every each other one time day days take takes
        make need know think go come look find ask write read try good easy before after over between
        without again first last most very too also because""".split()  # noqa: SIM905 - this list reads better as a text too
)
