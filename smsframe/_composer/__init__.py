"""The parts of the composer: what was chosen, what it amounts to, and the panels that show it.

``inputs`` (what a person chose, and the same as code), ``row_preview`` (one row, at once),
``totals`` (all rows, a little later), ``state`` (holds them together, without a widget), ``job``
(what stands in the way of a send, and how it went), then the screen: ``panels``, one file a panel,
and ``views``, their HTML. ``compose`` puts them on the page.

Three decisions govern all of it:

* **Everything a person sees is in the widget tree that the cell displayed.** Threads set traits and
  nothing else; widgets are made on the kernel's main thread, before or in a handler. Whatever is
  printed or raised in a callback would be shown to nobody, so nothing is, and every handler is
  guarded: its exception becomes a sentence beside the control it belongs to.
* **One row at once, all rows later.** A keystroke is answered from the one row that is shown, read
  by the same code as all rows (a cell's text depends on that cell alone). Totals are made on a
  thread, after a pause, newest request only.
* **The screen knows nothing that code does not.** It calls ``plan``, ``send_plan`` and ``connect``
  with the arguments that "Show code" writes down.
"""

from __future__ import annotations
