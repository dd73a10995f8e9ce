"""Columns that say who wants no texts, by their names, in the languages people keep lists in.

Nothing is taken from such a column: the service has its own record of consent, and a table may know
better or worse. But somebody who sends past a column ``opted_out`` has probably forgotten it, and
so has who sends past a column ``status`` of a few values, one of which is ``unsubscribed``.
"""

from __future__ import annotations

import re
import unicodedata
from typing import Any, Final

import pandas as pd

from smsframe._base.masking import mask_label

_AGAINST: Final = (
    "optout", "optedout", "optsout", "unsubs", "smsunsub", "donottext", "donotcontact",
    "donotcall", "donotsms",
    "donotmessage", "donotdisturb", "dontcontact", "donttext", "dontcall", "nosms", "notexts",
    "nocontact", "suppress", "blacklist", "blocklist", "blockedlist", "denylist", "dncflag",
    "dndflag", "abgemeldet", "abmeldung", "widerruf", "widerspruch", "widersproch", "werbesperre",
    "kontaktsperre", "keinewerbung", "keinkontakt", "keinesms", "gesperrt", "desabonn", "desinscri",
    "nepascontacter", "stopsms", "smsstop", "opposition", "bloctel", "dadodebaja", "nomolestar",
    "nocontactar", "nollamar", "robinson", "disiscritt", "noncontattare", "descadastr",
    "naoperturbe", "naocontactar", "afgemeld", "uitgeschreven", "nietbellen", "avregistrer",
    "avanmald", "wypisan", "revoked", "withdrawn", "notext", "deceased", "verstorben", "decede",
    "fallecido", "退订", "拒否", "拒绝", "拒收", "отписа", "отказ", "수신거부",
    "donotmarket", "dontmarket", "donotmail", "donotwhatsapp", "nomarketing", "nolongerwants",
    "spamcomplaint", "smsdeclined", "cancelsms", "dndstatus", "nichtkontaktieren", "nichtanrufen",
    "nichtanschreiben", "refussms", "refuspub", "listenoire", "listanegra", "nietcontacteren",
    "avmeldt", "frabedt", "niedzwonic", "niekontaktowac", "odhlasen", "nevolat", "leiratkoz",
    "kielto", "чёрный список", "退訂", "黑名单", "黑名單", "オプトアウト", "配信停止",
    "إلغاء الاشتراك", "từ chối", "berhenti langganan", "stoplist", "donotsolicit", "nocall",
    "dntflag", "litigator", "smsbounce", "undeliverable", "excludefrom", "cancelledsms",
    "canceledsms", "listerouge", "stoppub", "belmeniet", "nejtack", "reklamsparr", "rezygnac",
    "dezabon", "odjav", "nesouhlas", "nesúhlas", "не беспокоить", "не звонить", "відмова",
    "відпис", "не турбувати", "aboneliktençık", "免打扰", "免打擾", "勿扰", "拒絕", "受信拒否",
    "عدم الإزعاج", "عدم الازعاج", "لا تتصل", "הסרה", "לא להתקשר", "jangan hubungi",
)  # fmt: skip
_FOR: Final = (
    "optin", "optedin", "optsin", "consent", "permission", "subscribed", "gdpr", "tcpa",
    "oktotext", "oktocontact", "cantext", "maytext", "cancontact", "maycontact", "allowsms",
    "allowtext", "smsallowed", "smsok", "acceptssms", "acceptsmarketing", "acceptsms",
    "einwilligung", "einverstand", "zustimmung", "dsgvo", "werbungerlaubt", "smserlaubt",
    "consentement", "rgpd", "consentimiento", "permiso", "suscrito", "acepta",
    "autorizacion", "consenso", "iscritto", "consentimento", "lgpd", "aceita", "toestemming",
    "akkoord", "samtyck", "samtykke", "zgoda", "acceptstext", "receivesms", "receivetext",
    "receivessms", "wantssms", "wantstext", "textok", "marketingok", "contactable", "smsenabled",
    "согласи", "согласен", "согласна", "同意", "동의", "marketingallowed", "marketingpref",
    "smsmarketing", "marketablestatus", "smspref", "textpref", "contactpref", "commpref",
    "communicationpref", "subscriberstatus", "okforsms", "oktosms", "okfortext", "lawfulbasis",
    "legalbasis", "newsletterabo", "kontakterlaubnis", "accordsms", "autorizasms", "souhlas",
    "hozzájárul", "suostumus", "smsonay", "smsizin", "iysonay", "ticari ileti", "موافقة",
    "συγκατάθεση", "persetujuan", "đồng ý", "smserwünscht", "smsgewünscht", "kontakterlaubt",
    "kontakterwünscht", "anruferlaubt", "darfkontaktiert", "rechtsgrundlage", "acceptelesms",
    "acceptelessms", "autorizacontat", "autorizaenvio", "aceptapublicidad", "magsms", "magbell",
    "maggebeld", "maggemaild", "markkinointilupa", "tekstiviestilupa", "súhlas", "consimțământ",
    "consimtamant", "acordmarketing", "acordsms", "privola", "pristanak", "saglasn", "soglas",
    "згода", "съгласие", "подписан", "kvkk", "オプトイン", "配信可", "配信希望", "受信可",
    "수신여부", "הסכמה", "דיוור", "सहमति", "ความยินยอม", "ยินยอม", "sendsms", "textme", "smsme",
    "textingok", "emailsmsopt", "phoneoptstatus", "waopt",
)  # fmt: skip
_WHOLE: Final = frozenset(
    {
        *("dnd", "dnc", "dnt", "stop", "stopped", "blocked", "isblocked", "baja", "bajas"),
        *("optinstatus", "optstatus", "opted", "opt", "sperre", "muted", "exclude", "excluded"),
        *("isexcluded", "excluido", "declined", "refused", "complained", "textable", "istextable"),
        *("autorizado", "autorizada", "onay", "izin", "rıza", "privacy", "privacyok", "unsub"),
    }
)
_WORDS: Final = frozenset({"dnd", "dnc", "tps", "ctps", "iys", "abonne", "nix"})
_YES: Final = frozenset(
    {
        *("1", "10", "y", "yes", "true", "t", "ok", "x", "in", "optedin", "optin", "subscribed"),
        *("granted", "given", "active", "ja", "j", "oui", "o", "si", "s", "sim"),
    }
)
_NO: Final = frozenset(
    {"0", "00", "n", "no", "false", "f", "none", "never", "nein", "non", "nao", "nee", "nej"}
)
_SAID: Final = frozenset(
    {
        *("stop", "stopped", "stopall", "dnc", "dnd", "noconsent", "notconsented", "baja"),
        *("notsubscribed", "notoptedin", "neveroptedin", "nooptin", "nopermission", "complained"),
    }
)
_NAMES: Final = frozenset({"robinson"})  # the list of a column called so, and somebody's name
_LOOKED_AT, _MOST_VALUES = 1_000, 20
_SHOWN: Final = 5
_LONGEST: Final = 30


def _bare(name: str) -> str:
    """Return the letters and digits of a name, without case and accents."""
    plain = unicodedata.normalize("NFKD", name).casefold()
    return "".join(filter(str.isalnum, plain))


# Of some scripts the letters come apart, so what is looked for has to be bare as well.
_NOT, _MAY = tuple(map(_bare, _AGAINST)), tuple(map(_bare, _FOR))
_BETWEEN_WORDS: Final = re.compile(r"[\W_]+|(?<=[a-z0-9])(?=[A-Z])")


def concerns_consent(name: str) -> bool:
    """Tell whether a column is called as if it said who may be texted.

    >>> [concerns_consent(name) for name in ("Opt-in", "do_not_text", "options", "City")]
    [True, True, False, False]
    """
    bare, words = _bare(name), {_bare(word) for word in _BETWEEN_WORDS.split(name)}
    return bare in _WHOLE or bool(words & _WORDS) or any(s in bare for s in (*_NOT, *_MAY))


def holds_refusals(cells: pd.Series) -> bool:
    """Tell whether a column has a few values, and one of them says that somebody wants no texts.

    >>> holds_refusals(pd.Series(["active", "active", "Opted out"]))
    True
    """
    if pd.api.types.is_numeric_dtype(cells.dtype) or not len(cells):
        return False
    some = cells.iloc[:: max(1, len(cells) // _LOOKED_AT)].unique()
    if len(some) > _MOST_VALUES or not any(isinstance(value, str) for value in some):
        return False
    values = cells.unique()
    return len(values) <= _MOST_VALUES and any(map(_is_refusal, values))


def _is_refusal(value: Any) -> bool:
    """Tell whether a value says that somebody wants no texts."""
    if not isinstance(value, str) or len(value) > _LONGEST:
        return False
    bare = _bare(value)
    return bare in _SAID or any(stem in bare for stem in _NOT if stem not in _NAMES)


def is_all_consent(name: str, cells: pd.Series) -> bool:
    """Tell whether every row says one thing, and it is that people agree."""
    values = set(cells.unique()) if not cells.isna().any() else set()
    if len(values) != 1:
        return False
    return _bare(str(next(iter(values)))) in (
        _NO if any(stem in _bare(name) for stem in _NOT) else _YES
    )


def counted_values(cells: pd.Series) -> str:
    """Return the values of a column with their numbers, the commonest first."""
    counts = cells.value_counts(dropna=False)
    told = [f"{_shown(value)} in {number:,}" for value, number in counts.head(_SHOWN).items()]
    more = f", and {len(counts) - _SHOWN:,} other values" if len(counts) > _SHOWN else ""
    return f"{', '.join(told)}{more}"


def _shown(value: Any) -> str:
    """Return a value, shortened and masked."""
    if pd.api.types.is_scalar(value) and pd.isna(value):
        return "blank"
    text = str(value)
    if not text.strip():
        return "an empty text"
    return mask_label(repr(text if len(text) <= _LONGEST else f"{text[:_LONGEST]}…"))
