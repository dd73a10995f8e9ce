"""Names of columns that say whose phone it is, when it is not the row's own.

Words of five letters and more count wherever they stand, since German writes them together
(``Notfallnummer``); shorter ones stand by themselves, and two that belong together may stand apart.
Accents and case make no difference. In doubt a word is here: then the column has
to be named, and nobody is texted meanwhile.
"""

from __future__ import annotations

import re
import unicodedata
from itertools import pairwise

_OTHERS = """
emergency ice notfall urgence emergencia emergenza nood notruf
sales rep representative agent seller vendor dealer broker advis consultant vertret verkauf berater
vertegenwoord betreuer vendeur conseiller commercial vendedor asesor comercial
venditore consulente verkoper
store shop branch outlet filial laden magasin boutique tienda sucursal negozio winkel location venue
warehouse depot lager entrepot almacen restaurant hotel
manager boss chef supervisor director leiter leitung vorgesetzt responsable gerente jefe superieur
directeur direttore encargado
kin relative angehorig verwandt proche pariente familiar parente
doctor physician arzt medecin medico docteur dentist zahn clinic klinik praxis hospital krankenhaus
pharmac apothek nurse therap gp hausarzt
fax
parent mother father mom mum dad guardian eltern mutter vater vormund padre madre pere mere tuteur
tutor genitor ouder sorgeberecht
spouse wife husband partner ehefrau ehemann gatte gattin conjoint epouse epoux mari femme esposo
esposa conyuge marido mujer moglie marito
office buro buero bureau oficina ufficio kantoor
support hotline helpdesk help service kundendienst servicio assistance soporte desk reception
rezeption empfang accueil recepcion zentrale central switchboard centralita standard
company firm firma firmen entreprise empresa azienda bedrijf societe employer arbeitgeber employeur
empleador business geschaft
school schule ecole escuela teacher lehrer profesor professeur
driver fahrer chauffeur conductor courier kurier technician techniker tech
owner assist secret sekret reference referral referrer referee sponsor friend freund amigo ami
neighbo nachbar vecino voisin colleague kollege colega landlord vermieter carer caregiver coach
trainer lawyer attorney anwalt abogado avocat accountant recruiter interviewer host sender absender
expediteur remitente from caller supplier lieferant fournisseur proveedor merchant bank insurance
versicherung hr
old former previous test example sample dummy contactperson kontaktperson ansprech
mgr referred helpline hq headoffice headquart corporate organisation organization org agency
provider retailer distributor franchise site facility property building depart dept division loja
sklep magaza daughter son child kid brother sister sibling family grandma grandpa grandmother
grandfather aunt uncle roommate flatmate tochter sohn kind bruder schwester familie hijo hija
hermano hermana enfant fille fils frere soeur famille figlio figlia fratello sorella famiglia mae
pai filho filha irmao irma staff counsel vet instructor contractor builder plumber caseworker
socialworker proxy executor trustee witness cosigner coapplicant beneficiar dependent dependant
companion plusone secondarycontact secondcontact alternatecontact altcontact othercontact
backupcontact alarmowy przedstawiciel kierownik acil mudur veli
"""
_LONG = 5
_WORDS = frozenset(_OTHERS.split())
_PARTS = tuple(word for word in _WORDS if len(word) >= _LONG)
_NOT_PARTS = frozenset({"standard", "central", "empfang", "referred"})  # Empfänger, preferred


def is_of_somebody_else(name: str) -> bool:
    """Tell whether the name of a column says that its phones are not the rows' own.

    Examples
    --------
    >>> [is_of_somebody_else(name) for name in ("emergency_contact_phone", "Notfallnummer")]
    [True, True]
    >>> [is_of_somebody_else(name) for name in ("mobile", "customer_phone", "Telefon privat")]
    [False, False, False]
    """
    words = re.findall("[a-z]+", without_accents(name).casefold())
    if any(left + right in _WORDS for left, right in pairwise(words)):
        return True
    return any(
        word in _WORDS or any(part in word for part in _PARTS if part not in _NOT_PARTS)
        for word in words
    )


def without_accents(name: str) -> str:
    """Return a name in plain letters: ``Téléphone`` as ``Telephone``."""
    apart = unicodedata.normalize("NFKD", name)
    return "".join(char for char in apart if not unicodedata.combining(char))
