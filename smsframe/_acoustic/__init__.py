"""The remote service: Acoustic Campaign's transactional SMS API.

From top to bottom, each file importing only from those below it::

    client.py        endpoints, and which client is the default
    consent.py       the consent record of one person
    calls.py         an authorized call, in one of the ten places in flight
    token.py         the access token, one refresh at a time
    token_file.py    a refresh token that the service has replaced, kept in a file
    in_flight.py     the ten places, shared by all who call
    outcomes.py      the outcome table: what an answer, or its absence, means
    http.py          one exchange by requests, or proof of how far it got
    watchdog.py      the time that an exchange may take
    connection_reasons.py  why no connection was made
    answers.py       what the reading endpoints answer
    envelope.py      what every answer is wrapped in
    send_request.py  a call that sends: columns in, bytes out
    credentials.py   who is asking, and never shown
    address.py       where the service is

Whatever the vendor does not document is a choice of ours and is marked ``[guess]`` where it is
made.
"""

from __future__ import annotations
