"""What the screens share: buttons, and a send that goes on in this kernel.

It lies under composer and explorer, because a send begun by either is shown, and can be stopped, by
both.
"""

from __future__ import annotations
