"""The library's sentences as the screen says them.

A sentence of the library names the argument that is the fix, for it is read beside code. On the
screen the fix is a control, so that is named instead; where there is no control nothing is. What
can be fixed in code alone (how a file was read, a function for a format) stays as it is.
"""

from __future__ import annotations

import re

_QUOTED = r"""(?:'(?:[^'\\]|\\.)*'|"(?:[^"\\]|\\.)*")"""

_SPOKEN = tuple(
    (re.compile(code), words)
    for code, words in (
        (r" duplicates='send' sends the .* get it again\.", " It is sent once."),
        (r"or give defaults=\{.*?: …\}\.", "or write under “if blank” what stands in."),
        (
            r"If that was meant: personalize=\{.*?\}\.",
            "If that was meant, choose the column beside the tag.",
        ),
        (
            r"Say which is meant: personalize=\{.*\} for the field of the database\.",
            "Choose beside the tag which is meant: the column, or the database.",
        ),
        (r"'s, as personalize= says:", "'s, as was chosen:"),
        (
            r"or say which is meant with personalize=\.",
            "or choose beside the tag which is meant.",
        ),
        (rf"Name it, such as phone={_QUOTED}; the columns are .*", "Choose it."),
        (rf"Name the one to send to, such as phone={_QUOTED}\.", "Choose the one to send to."),
        (
            r"or say which country numbers without one are from, such as region=\"[A-Z]+\", (?=or)",
            "or choose under Region which country numbers without one are from, ",
        ),
        (
            r"Say where they are from, such as region=\"([A-Z]+)\"",
            r"Choose under Region where they are from, such as \1",
        ),
        (r"country code, region=\"\+\" \(would", "country code, choose that there (would"),
        (r"\), region=\"([A-Z]+)\" \(would", r"), \1 (would"),
        (
            r"or (?:give )?region=\"\+\" if every number begins with its country code\.",
            "or choose under Region that every number begins with its country code.",
        ),
        (r"give region_from=.*\.$", "choose it under Country column."),
        (r"so that region= counts", "so that the region counts"),
        (r"than region=" + _QUOTED, "than the region"),
        (
            r"^With region=\"\+\", few of",
            "With country codes in front, few of",
        ),
        (r"Name the column that holds them with phone=\.", "Choose the column that holds them."),
        (r"fold='gsm7' would save", "Replacing look-alikes would save"),
        (r"the costlier (?:encoding )?UCS-2", "UCS-2, 70 characters a segment and not 160"),
        (r"^defaults= has ", "“if blank” was given for "),
        (r"^personalize= has ", "A column was given for "),
        (rf"formats\[({_QUOTED})\]=({_QUOTED}) ", r"The format \2 of column \1 "),
        (
            rf"or give formats=\{{{_QUOTED}: function\}}, where the function returns the text .*\.",
            "or make texts of the column first.",
        ),
        (rf"or give formats=\{{.*?: ({_QUOTED})\}}\.", r"or write \1 under “format”."),
        (rf"Change formats\[{_QUOTED}\] so that it suits", "Change the format so that it suits"),
        (
            r"it must be a column named in personalize= or",
            "it must be a column chosen beside the tag or",
        ),
        (r"Check program=; client\.programs\(\) lists the", "Check the program; the menu has the"),
        (r"Give the id of the SMS program as program=\.", "Choose the program."),
        (r"every column named in lookup=", "every column named beside a field"),
        (
            r"To leave (?:out who had it|them out): exclude=(smsframe\.results\(.*?\))\.",
            r"To leave out who had it, make the composer with exclude=\1.",
        ),
        (r"by a list of your own \(exclude=\)", "by a list of your own: exclude= of the composer"),
        (r'name it: campaign="\.\.\." \(it goes', "write a name under Campaign (it goes"),
        (
            r" For a text that goes out every day with its date in it, give campaign=f.*\.$",
            " A text that goes out every day takes a new name each day.",
        ),
        (
            r"give each round a name, such as campaign=f.*?: it goes",
            "write a name of its own for each round under Campaign: it goes",
        ),
        (r"limit= stopped before this row\. .*", "The limit that was given stops before this row."),
        (
            r"in personalize= and program=, and try one row on your own phone with .*",
            "in the columns, check the program, and try it on your own phone.",
        ),
    )
)


def on_screen(sentence: str) -> str:
    """Return a sentence with controls in place of arguments."""
    for code, words in _SPOKEN:
        sentence = code.sub(words, sentence)
    return sentence
