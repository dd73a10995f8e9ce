"""What countries are called: codes of two and three letters, English names, and their own.

Written down here because ``phonenumbers`` reads all its geographic data before it names one, which
takes longer than opening the screen. A name that two countries share (Korea, Congo, Virgin Islands)
is in nobody's list: whose number it is would be a guess. So is NA, which is Namibia and "not
available".
"""

from __future__ import annotations

import re
import unicodedata
from functools import cache
from types import MappingProxyType

_TABLE = """
AC ASC Ascension Island; Ascension
AD AND Andorra
AE ARE United Arab Emirates; UAE; Emirates; الإمارات العربية المتحدة
AF AFG Afghanistan; افغانستان
AG ATG Antigua & Barbuda; Antigua
AI AIA Anguilla
AL ALB Albania; Shqipëri
AM ARM Armenia; Հայաստան
AO AGO Angola
AR ARG Argentina
AS ASM American Samoa
AT AUT Austria; Autriche; Österreich
AU AUS Australia
AW ABW Aruba
AX ALA Åland Islands; Åland
AZ AZE Azerbaijan; Azərbaycan; Азәрбајҹан
BA BIH Bosnia & Herzegovina; Bosnia; Bosnia Herzegovina; Bosnien; Босна и Херцеговина; Bosna i
  Hercegovina
BB BRB Barbados
BD BGD Bangladesh; বাংলাদেশ
BE BEL Belgium; Belgica; België; Belgique; Belgien
BF BFA Burkina Faso
BG BGR Bulgaria; България
BH BHR Bahrain; البحرين
BI BDI Burundi; Uburundi
BJ BEN Benin
BL BLM St. Barthélemy; Saint Barthelemy
BM BMU Bermuda
BN BRN Brunei; Brunei Darussalam; بروني
BO BOL Bolivia; Bolivia, Plurinational State of; Plurinational State of Bolivia
BQ BES Caribbean Netherlands; Bonaire; Bonaire, Sint Eustatius and Saba; Bonaire, Saint Eustatius
  and Saba; Caribisch Nederland
BR BRA Brazil; Brasilien; Brésil; Brasil
BS BHS Bahamas; Bahamas, The
BT BTN Bhutan; འབྲུག
BW BWA Botswana
BY BLR Belarus; Беларусь
BZ BLZ Belize
CA CAN Canada
CC CCK Cocos (Keeling) Islands; Cocos Islands; Keeling Islands
CD COD Congo - Kinshasa; DRC; DR Congo; Democratic Republic of the Congo; Congo, Democratic
  Republic of the; Congo, the Democratic Republic of the; Congo DR
CF CAF Central African Republic; Central African Rep.; Ködörösêse tî Bêafrîka; République
  centrafricaine
CG COG Congo - Brazzaville; Republic of the Congo; Congo, Republic of the; Congo Republic
CH CHE Switzerland; Confoederatio Helvetica; Suiza; Schweiz; Schwiiz; Suisse; Svizzera
CI CIV Côte d’Ivoire; Ivory Coast
CK COK Cook Islands
CL CHL Chile
CM CMR Cameroon; Cameroun
CN CHN China; People's Republic of China; PRC; Mainland China; PR China; 中国
CO COL Colombia
CR CRI Costa Rica
CU CUB Cuba
CV CPV Cape Verde; Cabo Verde
CW CUW Curaçao; Kòrsou
CX CXR Christmas Island
CY CYP Cyprus; Κύπρος; Kıbrıs
CZ CZE Czechia; Czech Republic; Česko
DE DEU Germany; Federal Republic of Germany; Allemagne; Alemania; Germania; BRD; Alemanha;
  Deutschland
DJ DJI Djibouti; جيبوتي
DK DNK Denmark; Dänemark; Dinamarca; Danmark
DM DMA Dominica
DO DOM Dominican Republic; Dominican Rep.; República Dominicana
DZ DZA Algeria; الجزائر; Algérie
EC ECU Ecuador
EE EST Estonia; Eesti
EG EGY Egypt; Arab Republic of Egypt; مصر
EH ESH Western Sahara; Sahara Occidental; الصحراء الغربية
ER ERI Eritrea; ኤርትራ; إريتريا
ES ESP Spain; Spanien; Espagne; Spagna; España
ET ETH Ethiopia; ኢትዮጵያ
FI FIN Finland; Suomi
FJ FJI Fiji
FK FLK Falkland Islands; Falkland Islands (Malvinas); Malvinas; Falklands
FM FSM Micronesia; Micronesia, Federated States of; Federated States of Micronesia
FO FRO Faroe Islands; Føroyar
FR FRA France; Frankreich; Francia; Metropolitan France
GA GAB Gabon
GB GBR United Kingdom; Great Britain; Britain; UK; England; Scotland; Wales; Northern Ireland;
  United Kingdom of Great Britain and Northern Ireland; Grossbritannien; Royaume-Uni; Reino Unido;
  Vereinigtes Königreich
GD GRD Grenada
GE GEO Georgia; საქართველო
GF GUF French Guiana; Guyane française
GG GGY Guernsey
GH GHA Ghana
GI GIB Gibraltar
GL GRL Greenland; Kalaallit Nunaat
GM GMB Gambia; Gambia, The
GN GIN Guinea; Guinée
GP GLP Guadeloupe
GQ GNQ Equatorial Guinea; Guinea Ecuatorial; Guinée équatoriale; Guiné Equatorial
GR GRC Greece; Griechenland; Grèce; Grecia; Hellas; Ελλάδα
GT GTM Guatemala
GU GUM Guam
GW GNB Guinea-Bissau; Guiné-Bissau
GY GUY Guyana
HK HKG Hong Kong; Hong Kong SAR China; Hong Kong SAR; 中國香港特別行政區
HN HND Honduras
HR HRV Croatia; Hrvatska
HT HTI Haiti
HU HUN Hungary; Ungarn; Hongrie; Hungría; Magyarország
ID IDN Indonesia; Republic of Indonesia
IE IRL Ireland; Republic of Ireland; Eire; Irland; Irlande; Irlanda
IL ISR Israel; ישראל; إسرائيل
IM IMN Isle of Man; Ellan Vannin
IN IND India; Bharat; Republic of India; Indien; Inde; भारत
IO IOT British Indian Ocean Territory
IQ IRQ Iraq; العراق
IR IRN Iran; Iran, Islamic Republic of; Islamic Republic of Iran; ایران
IS ISL Iceland; Ísland
IT ITA Italy; Italien; Italie; Italia
JE JEY Jersey
JM JAM Jamaica
JO JOR Jordan; الأردن
JP JPN Japan; Japon; 日本
KE KEN Kenya
KG KGZ Kyrgyzstan; Kyrgyz Republic; Кыргызстан; Киргизия
KH KHM Cambodia; កម្ពុជា
KI KIR Kiribati
KM COM Comoros; جزر القمر; Comores
KN KNA St. Kitts & Nevis; Saint Kitts and Nevis
KP PRK North Korea; Democratic People's Republic of Korea; Korea, Democratic People's Republic of;
  DPRK; Korea (North); 북한
KR KOR South Korea; Republic of Korea; Korea, Republic of; Korea (South); Korea Republic; S.
  Korea; 대한민국
KW KWT Kuwait; الكويت
KY CYM Cayman Islands; Caymans
KZ KAZ Kazakhstan; Казахстан; Қазақстан
LA LAO Laos; Lao People's Democratic Republic; Lao PDR; ລາວ
LB LBN Lebanon; لبنان
LC LCA St. Lucia; Saint Lucia
LI LIE Liechtenstein; Liächteschtäi
LK LKA Sri Lanka; ශ්‍රී ලංකාව; இலங்கை
LR LBR Liberia
LS LSO Lesotho
LT LTU Lithuania; Lietuva
LU LUX Luxembourg; Lëtzebuerg; Luxemburg
LV LVA Latvia; Latvija
LY LBY Libya; Libyan Arab Jamahiriya; ليبيا
MA MAR Morocco; المغرب; Maroc; Meṛṛuk
MC MCO Monaco
MD MDA Moldova; Moldova, Republic of; Republic of Moldova; Republica Moldova
ME MNE Montenegro; Crna Gora
MF MAF St. Martin; Saint Martin; Saint Martin (French part)
MG MDG Madagascar; Madagasikara
MH MHL Marshall Islands
MK MKD North Macedonia; Macedonia; Macedonia, the former Yugoslav Republic of; FYROM; Republic of
  North Macedonia; Северна Македонија
ML MLI Mali
MM MMR Myanmar (Burma); Myanmar; Burma; မြန်မာ
MN MNG Mongolia; Монгол
MO MAC Macao; Macao SAR China; Macau; Macao SAR; 中國澳門特別行政區; Macau, RAE da China
MP MNP Northern Mariana Islands; CNMI
MQ MTQ Martinique
MR MRT Mauritania; موريتانيا
MS MSR Montserrat
MT MLT Malta
MU MUS Mauritius; Maurice
MV MDV Maldives; ދިވެހި ރާއްޖެ
MW MWI Malawi
MX MEX Mexico; Mexiko; Mexique
MY MYS Malaysia
MZ MOZ Mozambique; Moçambique
NA NAM Namibia
NC NCL New Caledonia; Nouvelle-Calédonie
NE NER Niger
NF NFK Norfolk Island
NG NGA Nigeria; Nàìjíríà
NI NIC Nicaragua
NL NLD Netherlands; Holland; Niederlande; Pays-Bas; Países Bajos; Nederland
NO NOR Norway; Norwegen; Norvège; Noruega; Norge; Noreg
NP NPL Nepal; नेपाल
NR NRU Nauru
NU NIU Niue
NZ NZL New Zealand; Aotearoa
OM OMN Oman; عُمان
PA PAN Panama
PE PER Peru
PF PYF French Polynesia; Tahiti; Polynésie française
PG PNG Papua New Guinea; Papua Niugini
PH PHL Philippines; Pilipinas
PK PAK Pakistan; پاکستان
PL POL Poland; Polen; Pologne; Polonia; Polska
PM SPM St. Pierre & Miquelon; Saint Pierre and Miquelon; Saint-Pierre-et-Miquelon
PR PRI Puerto Rico
PS PSE Palestinian Territories; Palestine; State of Palestine; Palestine, State of; Palestinian
  Territory; West Bank; الأراضي الفلسطينية
PT PRT Portugal
PW PLW Palau
PY PRY Paraguay; Paraguai
QA QAT Qatar; قطر
RE REU Réunion; Reunion Island; La Reunion
RO ROU Romania
RS SRB Serbia; Republic of Serbia; Srbija; Србија
RU RUS Russia; Russian Federation; Россия
RW RWA Rwanda; U Rwanda
SA SAU Saudi Arabia; KSA; Kingdom of Saudi Arabia; المملكة العربية السعودية
SB SLB Solomon Islands
SC SYC Seychelles
SD SDN Sudan; السودان
SE SWE Sweden; Schweden; Suède; Suecia; Sverige
SG SGP Singapore; 新加坡; Singapura; சிங்கப்பூர்
SH SHN St. Helena; Saint Helena; Saint Helena, Ascension and Tristan da Cunha
SI SVN Slovenia; Slovenija
SJ SJM Svalbard & Jan Mayen; Svalbard; Svalbard og Jan Mayen
SK SVK Slovakia; Slovak Republic; Slovensko
SL SLE Sierra Leone
SM SMR San Marino
SN SEN Senegal; Senegaal
SO SOM Somalia; Soomaaliya; الصومال
SR SUR Suriname
SS SSD South Sudan
ST STP São Tomé & Príncipe; Sao Tome; São Tomé e Príncipe
SV SLV El Salvador
SX SXM Sint Maarten; Sint Maarten (Dutch part)
SY SYR Syria; Syrian Arab Republic; سوريا
SZ SWZ Eswatini; Swaziland
TA TAA Tristan da Cunha
TC TCA Turks & Caicos Islands; Turks and Caicos
TD TCD Chad; تشاد; Tchad
TG TGO Togo
TH THA Thailand; ไทย
TJ TJK Tajikistan; Тоҷикистон
TK TKL Tokelau
TL TLS Timor-Leste; East Timor
TM TKM Turkmenistan
TN TUN Tunisia; تونس; Tunisie
TO TON Tonga
TR TUR Türkiye; Turkey
TT TTO Trinidad & Tobago; Trinidad
TV TUV Tuvalu
TW TWN Taiwan; Taiwan, Province of China; Taiwan, ROC; Chinese Taipei; 台灣
TZ TZA Tanzania; Tanzania, United Republic of; United Republic of Tanzania
UA UKR Ukraine; Україна; Украина
UG UGA Uganda
US USA United States; United States of America; U S of A; Vereinigte Staaten; Etats-Unis; Estados
  Unidos; EE.UU.; EUA; Stati Uniti
UY URY Uruguay
UZ UZB Uzbekistan; Oʻzbekiston; Ўзбекистон
VA VAT Vatican City; Vatican; Holy See; Holy See (Vatican City State); Vatican City State; Città
  del Vaticano
VC VCT St. Vincent & Grenadines; Saint Vincent and the Grenadines; St. Vincent and the Grenadines;
  Saint Vincent
VE VEN Venezuela; Venezuela, Bolivarian Republic of
VG VGB British Virgin Islands; Virgin Islands, British; BVI
VI VIR U.S. Virgin Islands; Virgin Islands, U.S.; USVI
VN VNM Vietnam
VU VUT Vanuatu
WF WLF Wallis & Futuna; Wallis-et-Futuna
WS WSM Samoa; Western Samoa
XK XKX Kosovo; Republic of Kosovo; Kosovë; Косово
YE YEM Yemen; اليمن
YT MYT Mayotte
ZA ZAF South Africa; RSA; Republic of South Africa
ZM ZMB Zambia
ZW ZWE Zimbabwe
"""

_LINES = tuple(re.sub(r"\n +", " ", _TABLE).strip().split("\n"))
_UNPLAIN = frozenset({"na"})
_CALLING_CODE = re.compile(r"\+[1-9][0-9]{0,2}")
_LEAST_FOR_ARTICLE = 6

NAMES = MappingProxyType({line[:2]: line[7:].split("; ")[0] for line in _LINES})
"""Two letters to English name."""


def region_called(name: str) -> str | None:
    """Return the two letters of a country by its codes or one of its names, None for no country.

    Case, accents, dots and blanks make no difference. A calling code counts with its + alone, since
    44 is the Bahamas' number too.

    Examples
    --------
    >>> region_called("Germany"), region_called("deu"), region_called("U.K."), region_called("+33")
    ('DE', 'DE', 'GB', 'FR')
    >>> region_called("Korea")
    """
    if _CALLING_CODE.fullmatch(name.strip()):
        return _region_of_code(int(name))
    return _regions().get(_plain(name))


@cache
def _regions() -> dict[str, str]:
    """Return codes and names in their plain form to two letters."""
    found = {}
    for line in _LINES:
        for name in (line[:2], line[3:6], *line[7:].split("; ")):
            found[_plain(name)] = line[:2]
    return {name: region for name, region in found.items() if name not in _UNPLAIN}


def _region_of_code(code: int) -> str | None:
    """Return the main region of a calling code."""
    from phonenumbers import region_code_for_country_code  # noqa: PLC0415 - names need no library

    region = str(region_code_for_country_code(code))
    return region if region in NAMES else None


def _plain(name: str) -> str:
    """Return a name without case, accents, blanks, marks and article."""
    apart = unicodedata.normalize("NFKD", name.replace("&", " and ")).casefold()
    plain = "".join(filter(str.isalnum, apart)).replace("saint", "st")
    return plain.removeprefix("the") if len(plain) > _LEAST_FOR_ARTICLE else plain
