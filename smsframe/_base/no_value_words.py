"""Words that programs write where they have no value, or an error: one list for everything.

``nan`` in a name column is no name: a program has made a text of a missing value. Such a word is
always a warning, with column and count. What becomes of it depends on who can have written it:

* in a file every word of the list is blank, since files come out of programs;
* in a frame those that nobody but a program writes are blank too (``nan``, ``<NA>``, ``#REF!``);
  the others stay, for somebody may be called that (Null is a surname, NA an abbreviation).

Only these exact spellings count, for ``Nan`` is a name.
"""

from __future__ import annotations

from typing import Final

EXCEL_ERRORS: Final = (
    "#REF!", "#NAME?", "#VALUE!", "#DIV/0!", "#N/A", "#NUM!", "#NULL!", "#SPILL!", "#CALC!",
    "#GETTING_DATA", "#FIELD!", "#BLOCKED!", "#UNKNOWN!", "#CONNECT!", "#BUSY!", "#PYTHON!",
    "#EXTERNAL!", "#TIMEOUT!", "#ERROR!", "#MACRO?", "#N/A N/A", "#NA", "#N/A!",
    "#N/A Requesting Data...",
    "#BEZUG!", "#WERT!", "#NV", "#ZAHL!", "#ÜBERLAUF!", "#KALK!",
    "#VALEUR!", "#NOM?", "#NOMBRE!", "#NUL!", "#EPARS!", "#PROPAGATION!", "#CALCUL!",
    "#¡REF!", "#¿NOMBRE?", "#¡VALOR!", "#¡DIV/0!", "#¡NUM!", "#¡NULO!", "#¡DESBORDAMIENTO!",
    "#¡CALC!", "#N/D", "#RIF!", "#VALORE!", "#NOME?", "#NULLO!", "#ESPANSIONE!", "#VALOR!",
    "#NÚM!", "#NULO!", "#DESPEJAR!", "#VERW!", "#WAARDE!", "#NAAM?", "#GETAL!", "#DEEL/0!",
    "#LEEG!", "#N/B", "#OVERLOOP!", "#ADR!", "#ARG!", "#NAZWA?", "#LICZBA!", "#DZIEL/0!", "#ZERO!",
    "#N/D!", "#REFERENS!", "#VÄRDEFEL!", "#NAMN?", "#OGILTIGT!", "#DIVISION/0!", "#SKÄRNING!",
    "#SAKNAS!", "#REFERENCE!", "#NAVN?", "#VÆRDI!", "#VERDI!", "#I/T", "#VIITTAUS!", "#NIMI?",
    "#ARVO!", "#LUKU!", "#JAKO/0!", "#PUUTTUU!", "#TYHJÄ!", "#ODKAZ!", "#NÁZEV?", "#HODNOTA!",
    "#ČÍSLO!", "#DĚLENÍ_NULOU!", "#NENÍ_K_DISPOZICI", "#HIV!", "#NÉV?", "#ÉRTÉK!", "#SZÁM!",
    "#ZÉRÓOSZTÓ!", "#HIÁNYZIK", "#BAŞV!", "#AD?", "#DEĞER!", "#SAYI!", "#SAYI/0!", "#YOK", "#BOŞ!",
    "#CAMPO!", "#ССЫЛКА!", "#ЗНАЧ!", "#ИМЯ?", "#ЧИСЛО!", "#ДЕЛ/0!", "#ПУСТО!", "#Н/Д",
    *(f"Err:{number}" for number in range(501, 541)),
    *("#" * width for width in range(4, 16)),
)  # fmt: skip
"""What spreadsheets write for an error, also in other languages, and for a column too narrow."""

PROGRAM_WORDS: Final = (
    "nan", "NaN", "-nan", "-NaN", "+nan", "nan%", "NaN%", "nan nan", "NaN NaN", "<NA>", "<NA> <NA>",
    "NaT", "None", "None None", "undefined", "undefined undefined",
    "[object Object]", "(null)", "(null) (null)", "<null>", "[null]", "<NULL>", "[NULL]", "\\N",
    "Invalid Date", "Invalid date", "Invalid DateTime", "1.#IND", "-1.#IND",
    "1.#QNAN", "-1.#QNAN", *EXCEL_ERRORS,
)  # fmt: skip
"""Words that nobody but a program writes."""

OTHER_WORDS: Final = ("N/A", "n/a", "NA", "NULL", "null")
"""Words that a person may have written, or be called."""

WORDS: Final = frozenset((*PROGRAM_WORDS, *OTHER_WORDS))
"""All of them: what is blank in a file."""

BLANK_IN_A_FRAME: Final = frozenset(PROGRAM_WORDS)
"""What is blank in a frame too."""
