"""What a text lacks or holds that carriers and laws look at: a word to opt out by, short links.

Nothing is refused for it and no word is ever added: that would change what people read, what it
costs and which message it is. A text about an order or an appointment mostly needs no such word,
and whoever shortens links may use a domain of their own.

An opt-out word is one of the keywords that carriers answer, in capitals, or behind a verb that asks
for it ("Reply stop"), or a phrase such as "unsubscribe", in the languages that people are texted
in. STOP is understood nearly everywhere. "Stop by our store" is none.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

if TYPE_CHECKING:
    import numpy.typing as npt

_KEYWORDS: Final = (
    "STOP", "STOPALL", "STOPP", "END", "QUIT", "CANCEL", "UNSUBSCRIBE", "REVOKE", "OPTOUT",
    "OPT-OUT", "ARRET", "ARRÊT", "BAJA", "ALTO", "CANCELAR", "SAIR", "PARAR", "ABMELDEN", "STOPPA",
    "AFMELDEN", "REZYGNUJ", "IPTAL", "İPTAL", "RET", "STOPSMS", "СТОП", "ОТПИСКА", "ΣΤΟΠ",
    "הסר", "إلغاء", "توقف", "退订", "退訂", "取消", "停止", "解除", "拒收", "수신거부", "ยกเลิก",
)  # fmt: skip
_PHRASES: Final = (
    "unsubscribe", "opt out", "opt-out", "opting out", "désabonn", "desabonn", "désinscri",
    "desinscri", "darse de baja", "darte de baja", "date de baja", "cancelar suscripción",
    "abmelden", "abzumelden", "abbestellen", "afmelden", "uitschrijven", "disiscri", "annullare l",
    "descadastr", "cancelar inscrição", "wypisz", "rezygnacj", "avregistrer", "avsluta", "afmeld",
    "отпис", "отказаться", "配信停止", "수신거부", "退订", "退訂",
)  # fmt: skip
_ASKS: Final = (
    "reply", "text", "txt", "send", "sms", "respond", "répond", "repond", "envoy", "envía", "envia",
    "responda", "responde", "antwort", "sende", "simse", "stuur", "antwoord", "rispondi", "invia",
    "responder", "envie", "odpowiedz", "odpisz", "wyślij", "svar", "skicka", "vastaa",
)  # fmt: skip
_HOSTS: Final = (
    "bit.ly", "bitly.com", "tinyurl.com", "t.co", "goo.gl", "ow.ly", "is.gd", "v.gd", "buff.ly",
    "rebrand.ly", "cutt.ly", "rb.gy", "t.ly", "tiny.cc", "shorturl.at", "short.io", "bl.ink",
    "lnkd.in", "adf.ly", "soo.gd", "s.id", "clck.ru", "qr.ae", "dlvr.it",
    "shorte.st", "tr.im", "urlz.fr", "kutt.it", "t1p.de", "n9.cl", "u.to", "x.co", "bit.do",
    "mcaf.ee", "su.pr", "po.st", "snip.ly",
)  # fmt: skip
"""Public shorteners, which anybody may use: spam comes by them, so carriers block them."""

_ASKED_FOR: Final = "stop|end|quit|cancel|unsubscribe|baja|sair|arret|arrêt|abmelden|afmelden"
_WORD = re.compile(rf"(?<![\w-])(?:{'|'.join(map(re.escape, _KEYWORDS))})(?![\w-])")
_PHRASE = re.compile(
    "|".join(
        [
            *map(re.escape, _PHRASES),
            rf"\b(?:{'|'.join(_ASKS)})\w*\W{{1,4}}(?:\w+\W{{1,4}}){{0,2}}(?:{_ASKED_FOR})\b",
        ]
    ),
    re.IGNORECASE,
)
_STOP = re.compile(r"(?<![\w-])STOP\b(?=\W*$|\s*=|\s+(?:to|au|an|for|per|para|om)\b)")
_SAYS_HOW = re.compile(rf"{_WORD.pattern}|/|\b(?i:stop)\b")
_GOES_ON = re.compile(r"^\S*\s?\S*$|(?i:help|rates|msg)")
_NO_SPACES = re.compile("הסר|إلغاء|توقف|退订|退訂|停止|解除|拒收|수신거부|ยกเลิก")
_LINK = re.compile(
    rf"(?<![\w.@-])(?:www\.)?({'|'.join(map(re.escape, _HOSTS))})(?=/\w)", re.IGNORECASE
)
_LONGEST_FOOTER: Final = 60
_LOOKED_AT: Final = 1_000
_GOLDEN: Final = 0.618033988749895
_MOST_FOOTERS: Final = 10_000


def says_how_to_opt_out(text: str) -> bool:
    """Tell whether a text names a word, or a way, to opt out.

    >>> texts = ("Reply STOP to opt out", "STOP au 36111", "Stop by our store", "txt stop to end")
    >>> [says_how_to_opt_out(text) for text in texts]
    [True, True, False, True]
    """
    return any(pattern.search(text) for pattern in (_WORD, _PHRASE, _NO_SPACES))


def without_opt_out(text: str) -> str:
    """Return a text without what it says at its end on how to opt out.

    A link or a word to reply is part of it; other sentences behind it make it no end.

    >>> without_opt_out("Sale at 9. Reply STOP to opt out."), without_opt_out("STOP to end")
    ('Sale at 9. ', 'STOP to end')
    """
    earliest = max(len(text) - _LONGEST_FOOTER, 0)
    found = [pattern.search(text, earliest) for pattern in (_PHRASE, _STOP)]
    start = min((match.start() for match in found if match), default=len(text))
    sentence, *others = re.split(r"(?<=[.!?])\s+|\n", text[start:].strip(), maxsplit=1)
    is_end = _SAYS_HOW.search(sentence) and all(map(_GOES_ON.search, others))
    return (text[:start] if is_end else "") or text


def short_host(text: str) -> str | None:
    """Return the public shortener that a text links to, None for none.

    >>> short_host("See https://Bit.ly/3xY, or our.bit.lyrics/x"), short_host("https://x.bit.ly/a")
    ('bit.ly', None)
    """
    found = _LINK.search(text)
    return None if found is None else found[1].lower()


def values_with_opt_out(texts: pa.Array) -> npt.NDArray[np.bool_] | None:
    """Tell which values of a column say how to opt out; None where none does.

    A column that does is one of footers, so some values of it tell whether to look at all of them.
    """
    some = _some(texts)
    # All of them at once first: what none of the lines below one another says, no line says.
    if not says_how_to_opt_out("\n".join(some)) or not any(map(says_how_to_opt_out, some)):
        return None
    encoded = texts.dictionary_encode()
    if len(encoded.dictionary) > _MOST_FOOTERS:  # footers with names in them
        return np.ones(len(texts), dtype=bool)
    says = np.array([bool(t) and says_how_to_opt_out(t) for t in encoded.dictionary.to_pylist()])
    where = pc.fill_null(encoded.indices, -1).to_numpy(zero_copy_only=False)
    return np.append(says, False)[where]


def value_with_short_link(texts: pa.Array) -> str | None:
    """Return the public shortener that some values of a column link to, None for none."""
    return short_host("\n".join(_some(texts)))  # no link goes on behind the end of a line


def _some(texts: pa.Array) -> list[str]:
    """Return values from all over a column, at most so many that looking takes no time."""
    places = np.arange(len(texts))
    if len(texts) > _LOOKED_AT:  # even steps would see every second row of two alternating ones
        places = (np.arange(_LOOKED_AT) * _GOLDEN % 1 * len(texts)).astype(np.int64)
    values = texts.take(pa.array(places, pa.int64()))
    return [value for value in values.to_pylist() if value]
