"""The parts of the explorer: what became of the rows, to be looked at, narrowed down and settled.

``kinds`` (one number a row for whatever has few values), ``searching`` (texts), ``rows`` (puts
filters, search, order and selection together, without a widget), ``as_sent`` (the text of one row),
``changes`` and ``actions`` (retry, resolve, refresh, and their buttons), ``views`` (HTML) and
``screen`` (the widgets), ``code`` (the same as pandas), ``explore`` (the public door).

It stands below the composer, which may open it after a send, and above ``_send`` and ``_results``,
whose public verbs its buttons call. What both screens need is in ``_widgets``.

Two decisions govern it:

* **Rows are pages made by the kernel, masked.** Nothing unmasked is put into a widget, what is
  typed to search included. Where no page asks for them (a notebook that is run without a browser),
  no rows are made at all; the static output has counts alone.
* **An action says its number and asks.** It takes the rows that are selected when it asks; a change
  of anything takes the question back.
"""

from __future__ import annotations
