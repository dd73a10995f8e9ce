"""What a report says of statuses and reasons, to people who were not there and use no Python.

Each reason has a few words of its own, because the sentence of a row may quote the row. A code
without words is shown with blanks for its underscores.
"""

from __future__ import annotations

from typing import Final

from smsframe._base.result_columns import words_of

STATUS_MEANINGS: Final = {
    "sent": "The service says that the message was sent.",
    "accepted": "The service took the message. It checks consent later, so this is not yet “sent”.",
    "not_sent": "The service took the message, and said later that it was not sent.",
    "rejected": "The service refused the message, or somebody found out that it did not go out.",
    "unknown": "The service's answer was lost. The message may have gone out, or not.",
    "invalid": "Something is wrong with the row itself. Nothing went out.",
    "duplicate": "An earlier row has the same message to the same person. It is not sent twice.",
    "not_attempted": "The message was held back, or the send stopped before it.",
    "planned": "The message would go out. Nothing has been sent yet.",
}

REASONS: Final = {
    "phone_missing": "there is no phone number",
    "phone_unreadable": "the phone cell holds no phone number",
    "phone_letters": "the phone number has letters in it",
    "phone_extension": "the phone number has an extension",
    "phone_two_numbers": "the phone cell holds more than one number",
    "phone_rounded": "a spreadsheet has rounded the phone number",
    "phone_no_country": "the phone number has no country code",
    "phone_other_country": "the phone number is of another country",
    "phone_overseas": "the phone number needs the code of an overseas territory",
    "phone_ambiguous": "the phone number can be read in two ways",
    "phone_unknown_country": "the phone number's country code does not exist",
    "phone_short_code": "the phone number is a short code",
    "phone_too_short": "the phone number has too few digits",
    "phone_too_long": "the phone number has too many digits",
    "phone_invalid": "the phone number is in no range that is in use",
    "phone_landline": "the phone number is a landline",
    "phone_toll_free": "the phone number is toll-free and gets no texts",
    "phone_premium": "the phone number is a premium one and gets no texts",
    "phone_shared_cost": "the phone number is a shared-cost one and gets no texts",
    "phone_voip": "the phone number is an internet one and gets no texts",
    "phone_personal": "the phone number is a personal one and gets no texts",
    "phone_pager": "the phone number is a pager",
    "phone_company": "the phone number is a company's and gets no texts",
    "phone_voicemail": "the phone number is a voicemail box",
    "time_zone_unknown": "the time zone of the row is not known",
    "country_unreadable": "the country of the row cannot be read",
    "text_too_long": "the text is too long once it is filled in",
    "value_missing": "a value for the text is missing",
    "value_infinite": "a number for the text is infinite",
    "value_unreadable": "a value for the text cannot be read",
    "lookup_missing": "what the person is looked up by is missing",
    "duplicate": "an earlier row has the same message to the same person",
    "wrong_tags": "the text has a tag that the service does not know",
    "program_inactive": "the SMS program is not active",
    "program_missing": "the SMS program does not exist",
    "contact_empty": "neither a phone number nor a lookup arrived",
    "contacts_count": "the service refused the number of messages in a call",
    "bad_request": "the service could not read the call",
    "access_denied": "the service refused the credentials",
    "forbidden": "SMS is not enabled for this account",
    "refused": "the service refused the message",
    "busy": "the account had too many calls at the same time",
    "no_connection": "there was no connection to the service",
    "limit": "a limit on the number of messages was reached",
    "outside_hours": "it was outside the sending hours of the person",
    "never_open": "no moment is inside the sending hours of the person",
    "opted_out": "the person has opted out",
    "no_consent": "the person has never opted in",
    "consent_unknown": "the person's consent could not be checked",
    "excluded": "the person is on a list of people who must not be texted",
    "too_soon": "the person had another message too short a time before",
    "already_in_campaign": "the person had this campaign before",
    "plan_warning": "a warning about the plan stopped the send",
    "answers_lost": "the send stopped because several answers were lost",
    "failed": "an error stopped the send",
    "journal_failed": "the record of what was sent could not be written",
    "not_reached": "the send ended before this row",
    "lease_ended": "somebody else may have been sending by then",
    "never_posted": "the record of what was sent could not be reached",
    "held_out": "the person is in the holdout of a test, which gets nothing",
    "answer_lost": "the connection broke after the message had left",
    "server_error": "the service answered with an error",
    "redirected": "the service's answer pointed elsewhere",
    "unreadable_answer": "the service's answer could not be read",
    "interrupted": "somebody stopped the send",
    "sender_died": "the sending program ended before the answer was recorded",
    "internal_error": "an error of the sending program",
    "contact_not_found": "the database has no such person",
    "contact_ambiguous": "the database has several such persons",
    "contact_not_a_phone": "the service says that the number cannot be texted",
    "not_sent": "the service gives another reason, or none",
    "status_pending": "the service does not know yet",
    "status_missing": "the service's answer does not list the person",
    "status_unavailable": "the service could not be asked",
    "send_error": "the service's answer is about the whole send",
    "resolved": "it was unknown, and somebody has settled it",
}


NO_REASON: Final = "No row has a reason: nothing went wrong."


def reason_words(code: str) -> str:
    """Return a reason in words.

    >>> reason_words("phone_landline"), reason_words("a_new_one")
    ('the phone number is a landline', 'a new one')
    """
    return REASONS.get(code) or words_of(code)
