"""Columns that say who wants no texts, as messy tables call them, in many languages."""

from __future__ import annotations

import pandas as pd
import pytest

import smsframe
from smsframe._plan.consent_columns import concerns_consent, holds_refusals

NAMES = """
opted_out; Opted Out; OptOut; opt-out; Opt Out Flag; SMS_OPT_OUT; has_opted_out; opt.out; OPT/OUT;
opt_outs; Opt–out; ＯＰＴＯＵＴ; optedout_at; HasOptedOutOfSMS__c; et4ae5__HasOptedOutOfMobile__c;
Opt-in; Opt In; OptedIn; SMS Opt-In Date; SMS_OptIn__c; MobileOptIn; opt_status; opted;
DND; dnd_flag; is_dnd; isDND; DNDstatus; DNC; do not call; DoNotCall; do_not_text; donottext;
don't text; dont_text; Do Not Disturb; do_not_sms; do-not-market; DoNotMarket; no_marketing; no_sms;
consent; sms_consent; ConsentDate; Consented; TCPA; GDPR; lawful_basis; permission_to_text; text_ok;
unsubscribed; unsub; unsubscribe_date; Unsubscribed?; subscribed; SubscriberStatus; OkToText;
ok_for_sms; can_text; allow_sms; suppressed; blacklist; block_list; STOP; stopped; sms_stop;
wants_sms; accepts_marketing; Accepts SMS Marketing; SMS Marketing Status; hs_marketable_status;
receive_sms; revoked; marketing_allowed; MarketingPreference; sms_preference; contact_preference;
declined; refused; complained; spam_complaint; excluded; muted; deceased; TPS; CTPS; textable;
abgemeldet; Einwilligung; Werbeeinwilligung; Widerruf; Werbesperre; DSGVO; Newsletter_Abo; gesperrt;
Kontakterlaubnis; Werbung erlaubt; nicht kontaktieren; Nicht_anrufen; keine SMS; Zustimmung;
désinscrit; désabonné; consentement; accord_sms; ne pas contacter; refus_sms; Bloctel; liste noire;
baja; no_molestar; consentimiento; autoriza_sms; acepta_publicidad; no contactar; lista negra;
consenso; disiscritto; non contattare; descadastrado; não perturbe; aceita_sms; lista_negra;
uitgeschreven; afgemeld; toestemming; niet bellen; niet_contacteren; samtykke; samtycke; frabedt;
avregistrerad; avmeldt; zgoda; wypisany; nie dzwonić; souhlas; odhlášen; hozzájárulás; leiratkozott;
suostumus; markkinointikielto; onay; izin; iys_onay; rıza; отписан; Согласие; согласен; отказ;
чёрный список; Чёрный Список; 同意; 退订; 退訂; 拒收; 黑名单; 黑名單; オプトアウト; 配信停止;
STOP list; Do-Not-Solicit; DNT flag; TCPA litigator; exclude_from_marketing; text_me; send_sms;
SMS erwünscht; Kontakt erlaubt; darf kontaktiert werden; Rechtsgrundlage; liste rouge; privacy;
accepte les SMS; bel-me-niet; mag gemaild worden; nej tack; reklamspärr; NIX; markkinointilupa;
rezygnacja; nesouhlas; súhlas; consimțământ; dezabonat; privola; подписан; не беспокоить;
згода; відмова; съгласие; KVKK; abonelikten çıktı; 免打扰; オプトイン; 配信可否; עדכון דיוור;
הסרה; הסכמה; सहमति; ยินยอม; عدم الإزعاج;
수신거부; 수신동의; موافقة; إلغاء الاشتراك; συγκατάθεση; persetujuan; từ chối; đồng ý
"""
OTHERS = """
City; option; Optional; adoption; status; bus_stop; stopover; next_stop; optics; optimum; state;
Subscription plan; subscription_end; contact; contact_name; channel; campaign; segment; text;
sms_text; message; delivery_preference; authorization_code; opening; block; cancelled_order;
exclusive; excluded_tax; tpspoints; card_declined; refund; izmir; izinsiz; iznik; agreement_no;
Honda Accord; lista; onayak; Bajada; unsubmitted; context; mutex; IDND; standing
"""


def listed(names):
    """Return names, one after the other."""
    return [name.strip() for name in names.split(";")]


@pytest.mark.parametrize("name", listed(NAMES))
def test_name__concerns_consent(name):
    """However it is spelled, whoever sends past it is told."""
    assert concerns_consent(name)


@pytest.mark.parametrize("name", listed(OTHERS))
def test_name__is_another_column(name):
    """What only looks a little like it is left alone: a warning too many is read by nobody."""
    assert not concerns_consent(name)


@pytest.mark.parametrize(
    "value",
    listed(
        "unsubscribed; Opted out; OPT-OUT; STOP; STOPALL; Do not contact; DND; DNC; suppressed; "
        "abgemeldet; désabonné; baja; No consent; revoked; blacklisted; do not text; 退订; "
        "수신거부; отписан; not subscribed; Not opted in; never opted in; no opt-in; No permission"
    ),
)
def test_values__that_refuse(value):
    """A column of few values, one of which says that somebody wants no texts."""
    assert holds_refusals(pd.Series(["active", "active", value]))


@pytest.mark.parametrize(
    "value", ["Robinson", "active", "subscribed", "pending", "Boston", "non-stop", "Stop & Shop",
              "opted in", "inactive", "cancelled", "no", "declined"]
)  # fmt: skip
def test_values__that_say_something_else(value):
    """What may be said of an order or a town is no refusal."""
    assert not holds_refusals(pd.Series(["x", "y", value]))


def test_warning__counts_the_values(people):
    """The warning says how often each value occurs, blanks and empty texts too."""
    frame = people.assign(수신거부=["Y", "", None])
    made = smsframe.plan(frame, "Hi", program="148372", phone="mobile")
    (sentence,) = made.problems.query("code == 'consent_unused'")["sentence"]
    assert "'Y' in 1" in sentence
    assert "blank in 1" in sentence
    assert "an empty text in 1" in sentence
