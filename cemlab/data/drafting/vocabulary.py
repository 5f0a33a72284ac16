"""What columns are called in exports: one table of words for each meaning, in English, French and German."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Literal

from cemlab.data.drafting.profiles import CODES, Profile

Kind = Literal["key", "day", "score", "number", "months", "flag", "label", "words"]
"""What the values must look like for a name to be believed."""


@dataclass(frozen=True)
class Meaning:
    """One thing that a column can mean.

    Attributes
    ----------
    name : str
        The meaning; a canonical column's name where there is one.
    kind : str
        What its values look like.
    surely : str
        Regular expression over a name's words that leaves little doubt.
    perhaps : str
        One that needs a second look; empty for none.
    """

    name: str
    kind: Kind
    surely: str
    perhaps: str = ""


@dataclass(frozen=True)
class Match:
    """A column that may mean something.

    Attributes
    ----------
    profile : Profile
        The column.
    sure : bool
        True when the name leaves little doubt and the values agree.
    """

    profile: Profile
    sure: bool


_ID = r"(id|ids|identifier|identifiant|no|nr|num|number|numero|nummer|key|code|ref|reference)"
_CUSTOMER = (
    r"(customer|client|kunden?|cust|member|user|subscriber|guest|consumer|household|visitor|abonne|adherent|mitglied)s?"
)
_CONTRACT = r"(contract|agreement|subscription|policy|booking|membership|vertrags?|contrat|abonnement|police)"
_RECORD = (
    r"(order|invoice|receipt|transaction|basket|payment|purchase|sale|commande|facture|rechnungs?|bestell(ungs?)?)"
)

MEANINGS: tuple[Meaning, ...] = (
    Meaning(
        "customer_id",
        "key",
        rf"^{_CUSTOMER} (unique )?{_ID}$|^{_ID} {_CUSTOMER}$|^{_CUSTOMER}{_ID}$",
        rf"^{_CUSTOMER}$|\b{_CUSTOMER}\b.*\b{_ID}$|^(unique|person|individual|contact) {_ID}$",
    ),
    Meaning("account_id", "key", rf"^(account|konto|compte) {_ID}$"),
    Meaning(
        "response_id",
        "key",
        rf"^(response|respondent|answer|survey|review|feedback|questionnaire|interview|reponse|antwort|resp) ?{_ID}$",
        rf"^resp(ondent)? ?num$|^{_ID}$",
    ),
    Meaning("invitation_id", "key", rf"^(invitation|invite|mailing|einladungs?) {_ID}$"),
    Meaning(
        "spell_id",
        "key",
        rf"^{_CONTRACT} ?{_ID}$|^{_ID} {_CONTRACT}$",
        rf"\b{_CONTRACT}\b.*\b{_ID}$|^{_CONTRACT}$|^service {_ID}$|^{_ID}$",
    ),
    Meaning("event_id", "key", rf"^(event|interaction|ticket|call|log|session|ereignis|evenement) {_ID}$", rf"^{_ID}$"),
    Meaning("transaction_id", "key", rf"^{_RECORD} ?{_ID}$", rf"^{_ID}$"),
    Meaning("case_id", "key", rf"^(case|complaint|claim|reclamation|beschwerde|fall) {_ID}$"),
    Meaning(
        "nps",
        "score",
        r"\bnps\b|\bnet ?pro(moter)?\b|recommend|recommand|recommendation|weiterempf|empfehl|\bltr\b|promoter score",
    ),
    Meaning(
        "csat",
        "score",
        r"satisf|zufrieden|\bcsat\b",
        r"\b(overall|rating|stars?|note|score|grade|bewertung)\b|\ball$|whole",
    ),
    Meaning("ces", "score", r"\bces\b|\beffort\b|\baufwand\b"),
    Meaning("intention", "score", r"\b(re)?purchase intent|\bintentions?\b|\bloyal|wiederkauf|rachat"),
    Meaning("sent_at", "day", r"\b(sent|invited|versandt?|gesendet|envoye?|envoi|mailed)\b"),
    Meaning(
        "responded_at",
        "day",
        r"\b(respon|answer|submit|complet|interview|survey|review|feedback|reponse|antwort|befrag)|^int ?date$",
        r".*",
    ),
    Meaning(
        "started_on",
        "day",
        r"\b(start(ed)?|begin|began|since|join(ed)?|sign"
        r" ?up|signed|activat(ed|ion)|inception|debut|beginn|eintritt|abschluss)\b",
        r"\b(created|opened|registered|registration|contract|subscri)",
    ),
    Meaning(
        "ended_on",
        "day",
        r"\b(end(ed)?|churn(ed)?|cancel(l?ed|lation)?|terminat(ed|ion)|left|leav|exit|fin|ende|kundigung|kuendigung|resiliation|austritt)\b",
        r"\b(clos|expir|status)",
    ),
    Meaning(
        "end_reason",
        "label",
        r"\b(churn|cancel(lation)?|leav(e|ing)|end|exit|termination|resiliation|kundigungs?)"
        r" ?(reason|cause|motif|grund|category)\b|kundigungsgrund",
        r"\b(reason|motif|grund)\b",
    ),
    Meaning(
        "churned",
        "flag",
        r"\bchurn(ed)?\b|\battrition\b|\bresilie\b|\bgekundigt\b",
        r"\b(cancell?ed|exited|left|terminated|lapsed|inactive)\b",
    ),
    Meaning(
        "tenure_months",
        "months",
        r"\btenure\b.*\bmonths?\b|\bmonths?\b.*\btenure\b|\btenure\b",
        r"\b(anciennete|seniority|vertragsdauer|months)\b",
    ),
    Meaning(
        "occurred_at",
        "day",
        r"\b(time ?stamp|date"
        r" ?time|occurred|purchase|order(ed)?|invoice|transaction|paid|event|achat|commande|kauf|bestell)|"
        r"^(date|datum|time|day|jour|tag|zeitpunkt)$",
        r".*",
    ),
    Meaning("opened_at", "day", r"\b(opened|reported|eroffnet|ouvert)\b", r"\bcreated\b"),
    Meaning("closed_at", "day", r"\b(closed|resolved|solved|geschlossen|ferme|clos)\b"),
    Meaning(
        "amount",
        "number",
        r"\b(payment|paid|invoice|order|basket)"
        r" (value|amount|total)\b|\b(amount|revenue|turnover|sales|betrag|umsatz|montant|paid|dollars?|euros?|eur|usd|gbp)\b",
        r"\b(total|value|price|spend|charges?|cost|preis|prix|wert|payment)\b",
    ),
    Meaning(
        "quantity",
        "number",
        r"^(quantity|qty|quantite|menge|anzahl|units|pieces|stuck)$|\b(quantity|qty|units)"
        r" (ordered|sold)\b|\b(order|item) (quantity|qty)\b",
    ),
    Meaning(
        "unit_price",
        "number",
        r"\b(unit|item|einzel|stuck|list) ?(price|preis)\b|\bprice (each|per unit)\b|\bprix unitaire\b",
        r"^(price|preis|prix)$",
    ),
    Meaning("margin", "number", r"\b(margin|profit|marge|gewinn|deckungsbeitrag)\b"),
    Meaning(
        "touchpoint",
        "label",
        r"\btouch ?point\b|\bactivity( name)?\b|\baktivitat\b|\bconcept name\b|\bactivite\b",
        r"\b(page|screen|step|event( name| type)?|action|evenement|ereignis)\b",
    ),
    Meaning("channel", "label", r"\b(channel|kanal|canal|medium)\b", r"\b(device|platform|mode|method|source)\b"),
    Meaning("stage", "label", r"\b(stage|phase|funnel|etape)\b"),
    Meaning(
        "owner", "label", r"\b(owner|team|department|work ?group|abteilung|equipe)\b", r"\b(agent|resource|group)\b"
    ),
    Meaning("survey", "label", r"\b(survey|wave|campaign|questionnaire|umfrage|enquete|vague|welle)\b( name| type)?$"),
    Meaning(
        "weight",
        "number",
        r"^((survey|sample|sampling|response|final|design|case|poids|hochrechnungs)?"
        r" ?)(weight|wgt|weights|gewicht|ponderation|poids)$",
        r"^wt$|faktor",
    ),
    Meaning("stratum", "label", r"\b(strat(a|um)|strate|schicht)\b"),
    Meaning("cluster", "label", r"\b(cluster|psu|klumpen|grappe)( id)?\b", r"\b(interviewer|run) ?(id)?$"),
    Meaning(
        "comment",
        "words",
        r"\b(comments?|verbatim|feedback|remarks?|message|opinion|explanation|explication|commentaires?|kommentar|bemerkung|open"
        r" (end|answer|text))\b",
        r".*",
    ),
    Meaning(
        "known_at",
        "day",
        r"\b(known|registered|registration|sign ?up|created|first seen|joined|inscription|angelegt)\b",
    ),
)
"""Every meaning that a draft looks for."""

_LONGEST_MONTHS = 1200
_FLAG_CODES = 4
_SENTENCE = 3.0

_PERSONAL = re.compile(
    r"\b((first|last|sur|family|full|given|middle|maiden|nick|nach|vor) ?name|prenom|nom|surname|e ?mails?|courriel|"
    r"(tele)?phone|telefon|mobile|handy|portable|fax|address|adresse|anschrift|street|strasse|rue|birth|birthday|dob|"
    r"naissance|geburts?(tag|datum)?|iban|passport|ssn|ip)\b|^name$|\b(customer|client|kunden?|contact|person|member|guest)"
    r" name\b|"
    r"^(lat|lng|lon|long|latitude|longitude|lat long|geo)\b|\b(latitude|longitude|lat|lng)$"
)
_NOT_PERSONAL = re.compile(
    r"\b((phone|mobile|fax) ?(service|plan|lines?|type)|ip type|birth (rate|country)|(e ?mail|phone) (opt|sent|open))"
)
_OWN_WORDS = re.compile(r"\b(comments?|verbatim|remarks?|notes?|commentaires?|kommentar|bemerkung)\b")
_PLANNED = re.compile(r"\b(estimated?|expected|planned|due|limit|deadline|forecast|geplant|faellig|fallig|prevue?)\b")
_POSTAL = re.compile(r"\b(zips?|zip ?codes?|post ?code|postal( code)?|plz|code postal)\b")
_YES = re.compile(
    r"(1|yes|y|true|t|oui|ja|churn(ed)?|cancell?ed|left|exited|terminated|lapsed|inactive|resilie|gekundigt)\Z"
)


def words_of(header: str) -> str:
    """Return a column's name as plain words.

    Parameters
    ----------
    header : str
        As an export writes it.

    Returns
    -------
    str
        Lower case without accents, one blank between words.

    Examples
    --------
    >>> words_of("customerID"), words_of("Kündigungs-Datum"), words_of("Q7_ALL")
    ('customer id', 'kundigungs datum', 'q7 all')
    """
    plain = unicodedata.normalize("NFKD", header).encode("ascii", "ignore").decode()
    plain = re.sub(r"(?<=[a-z0-9])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z])", " ", plain)
    return re.sub(r"[^a-z0-9]+", " ", plain.lower()).strip()


def snake(header: str, *, taken: Iterable[str] = ()) -> str:
    """Return a name that a lab file takes for a column of its own.

    Parameters
    ----------
    header : str
        As an export writes it.
    taken : iterable of str
        Names that are in use.

    Returns
    -------
    str
        Lower case letters, digits and ``_``, beginning with a letter, not among `taken`.

    Examples
    --------
    >>> snake("Monthly Charges (EUR)"), snake("2nd line"), snake("Age", taken=["age"])
    ('monthly_charges_eur', 'column_2nd_line', 'age_2')
    """
    name = words_of(header).replace(" ", "_") or "column"
    name = name if name[0].isalpha() else f"column_{name}"
    used, number, free = set(taken), 2, name
    while free in used:
        free, number = f"{name}_{number}", number + 1
    return free


def matches(meaning: str, profiles: Iterable[Profile]) -> list[Match]:
    """Return the columns that may mean something, the likeliest first.

    Parameters
    ----------
    meaning : str
        The name of one of `MEANINGS`.
    profiles : iterable of Profile
        The columns of a file.

    Returns
    -------
    list of Match
        Those whose name and values both fit; a sure match comes before a doubtful one.
    """
    wanted = next(each for each in MEANINGS if each.name == meaning)
    found = []
    for profile in profiles:
        if not profile.present or not _LOOKS[wanted.kind](profile):
            continue
        words = words_of(profile.header)
        if re.search(wanted.surely, words):
            found.append(Match(profile, sure=profile.misfits == 0))
        elif wanted.perhaps and re.search(wanted.perhaps, words):
            found.append(Match(profile, sure=False))
    return sorted(found, key=lambda match: not match.sure)


def personal(profile: Profile) -> bool:
    """Return whether a column looks like name, e-mail, phone, address or whereabouts of a person.

    Parameters
    ----------
    profile : Profile
        The column.

    Returns
    -------
    bool
        By its name or by its values.
    """
    words = words_of(profile.header)
    sentences = profile.distinct > CODES or profile.words >= _SENTENCE
    if profile.type == "text" and sentences and _OWN_WORDS.search(words):
        return True
    named = bool(_PERSONAL.search(words)) and not _NOT_PERSONAL.search(words)
    flag = profile.type == "boolean" or (profile.type == "integer" and profile.distinct <= 2)
    return bool(profile.patterns) or (named and not flag)


def postal(profile: Profile) -> bool:
    """Return whether a column is a postal code, which is text whatever its digits.

    Parameters
    ----------
    profile : Profile
        The column.

    Returns
    -------
    bool
        By its name.
    """
    return bool(_POSTAL.search(words_of(profile.header)))


def planned(profile: Profile) -> bool:
    """Return whether a day is one on which something should happen, not one on which it did.

    Parameters
    ----------
    profile : Profile
        The column.

    Returns
    -------
    bool
        By its name.
    """
    return bool(_PLANNED.search(words_of(profile.header)))


def affirmative(profile: Profile) -> tuple[str, ...]:
    """Return the codes of a flag that say that it happened.

    Parameters
    ----------
    profile : Profile
        A column of few codes.

    Returns
    -------
    tuple of str
        Empty when no code says so.
    """
    return tuple(code for code in profile.codes if _YES.match(words_of(code)))


_LOOKS: Mapping[Kind, Callable[[Profile], bool]] = {
    "key": lambda each: each.type in ("text", "integer") and each.words < 2 and each.distinct > 2,
    "score": lambda each: each.scale or (each.type == "number" and each.low >= 0 and each.high <= 10),
    "day": lambda each: each.dated and not planned(each),
    "number": lambda each: each.type in ("number", "integer") and each.distinct > 2,
    "months": lambda each: each.type == "integer" and each.low >= 0 and each.high <= _LONGEST_MONTHS,
    "flag": lambda each: bool(affirmative(each)) and len(each.codes) <= _FLAG_CODES,
    "words": lambda each: each.free_text,
    "label": lambda each: each.type in ("text", "integer") and not each.free_text,
}
