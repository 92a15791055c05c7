"""Which kind of personal data a name means: ``BillingPostalCode`` a postal code, ``email_verified_at`` none."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache

from stagecopy.masking import names_words as vocabulary
from stagecopy.masking.names_split import Words, fold, split

_FORMS_OF_NAME = frozenset({"name", "nom", "nombre", "nome", "nazwa", "naam", "names"})
# Compounds of languages that write them as one word end in the thing itself: Privatanschrift, Rechnungsadresse.
_ENDINGS = {
    "adresse": "address",
    "anschrift": "address",
    "strasse": "street",
    "telefon": "phone",
    "telefonnummer": "phone",
    "rufnummer": "phone",
    "passwort": "secret",
    "kennwort": "secret",
    "vorname": "first_name",
    "nachname": "last_name",
    "geburtsdatum": "birth",
    "postleitzahl": "postal_code",
    "emailadresse": "email",
    "datumurodzenia": "birth",
}
# Abbreviations that stand alone in names: cust_nm, emp_adr.
_SHORT = {
    "nm": "name",
    "adr": "addr",
    "cust": "customer",
    "emp": "employee",
    "usr": "user",
    "mob": "mobile",
    "acct": "account",
}
_CONNECTING = frozenset(
    {"of", "the", "de", "del", "della", "di", "du", "des", "da", "do", "dos", "das", "la", "le", "el"}
)


def _list(text: str) -> frozenset[str]:
    return frozenset(" ".join(phrase.split()) for phrase in fold(text).split(",") if phrase.strip())


def _bare(words: Words) -> Words:
    """Without articles and prepositions: ``date of birth`` and ``numero de telephone`` are two words each."""
    return tuple(word for word in words if word not in _CONNECTING)


def _phrases() -> dict[Words, str]:
    found: dict[Words, str] = {}
    for kind, text in vocabulary.KINDS.items():
        for phrase in _list(text):
            found.setdefault(_bare(tuple(phrase.split())), kind)
    return found


PHRASES = _phrases()
PEOPLE = _list(vocabulary.PEOPLE)
ORGANISATIONS = _list(vocabulary.ORGANISATIONS)
SIGN_IN_TABLES = _list(vocabulary.SIGN_IN_TABLES)
MESSAGE_TABLES = _list(vocabulary.MESSAGE_TABLES)
AUDIT_TABLES = _list(vocabulary.AUDIT_TABLES)
EVENT_TABLES = _list(vocabulary.EVENT_TABLES)
ROW_IMAGES = _list(vocabulary.ROW_IMAGES)
HARMLESS = _list(vocabulary.HARMLESS)
IDENTIFIERS = _list(vocabulary.IDENTIFIERS)
CREDITS = _list(vocabulary.CREDITS)
JOB_TITLE = _list(vocabulary.JOB_TITLE)
DESCRIPTION = _list(vocabulary.DESCRIPTION)
LOOKUPS = _list(vocabulary.LOOKUPS)
VALUES = _list(vocabulary.VALUES)
AMOUNTS = _list(vocabulary.AMOUNTS)
PUBLIC_CODES = _list(vocabulary.PUBLIC_CODES)
DOERS = _list(vocabulary.DOERS)
SALUTATIONS = _list(vocabulary.SALUTATIONS)
_ABOUT = _list(vocabulary.ABOUT)
HASHED = _list(vocabulary.HASHED)
_LONGEST = max(len(phrase) for phrase in PHRASES)
_KNOWN = frozenset(
    {word for phrase in PHRASES for word in phrase}.union(
        *(
            words
            for words in (PEOPLE, ORGANISATIONS, SIGN_IN_TABLES, MESSAGE_TABLES, AUDIT_TABLES, EVENT_TABLES, ROW_IMAGES)
        ),
        *(HARMLESS, IDENTIFIERS, CREDITS, JOB_TITLE, DESCRIPTION, _ABOUT, HASHED, _FORMS_OF_NAME),
        *(LOOKUPS, VALUES, AMOUNTS),
    )
)


@dataclass(frozen=True, slots=True)
class Meaning:
    """What a name says: the kind of personal data, the words it was read from, whether a digest of it is meant."""

    kind: str
    words: str
    hashed: bool = False


@lru_cache(maxsize=16384)
def words_of(name: str) -> Words:
    """The words of a database name, singular where known."""
    return tuple(_SHORT.get(word, word) for word in split(name, _KNOWN))


def is_bare_name(words: Words) -> bool:
    """Whether the name is just ``name`` (or nom, nombre…), which says nothing without its table."""
    return bool(words) and all(word in _FORMS_OF_NAME for word in words)


@lru_cache(maxsize=8192)
def meaning(words: Words) -> Meaning | None:
    """The kind of personal data *words* name, or None. The longest phrase wins, then the one that stands last."""
    words = _bare(words)
    found = _best(words)
    if found is None:
        return _name_of_person(words) or _ending(words)
    start, length, kind = found
    tail = [word for word in words[start + length :] if not word.isdigit()]
    if any(word in HASHED for word in tail):
        return Meaning(kind, " ".join(words[start : start + length]), hashed=True)
    if any(word in _ABOUT or (kind == "message" and word in IDENTIFIERS) for word in tail):
        return None
    return Meaning(kind, " ".join(words[start : start + length]))


def _best(words: Words) -> tuple[int, int, str] | None:
    for length in range(min(_LONGEST, len(words)), 0, -1):
        for start in range(len(words) - length, -1, -1):
            kind = PHRASES.get(words[start : start + length])
            if kind is not None:
                return start, length, kind
    return None


def _name_of_person(words: Words) -> Meaning | None:
    """``customer_name``, ``name_of_driver``: a word for name beside nothing but words for people."""
    rest = [word for word in words if word not in _FORMS_OF_NAME]
    if rest and len(rest) < len(words) and all(word in PEOPLE or word.isdigit() for word in rest):
        return Meaning("name", " ".join(words))
    return None


def _ending(words: Words) -> Meaning | None:
    for ending, kind in _ENDINGS.items():
        if words and words[-1].endswith(ending) and words[-1] != ending:
            return Meaning(kind, ending)
    return None


def points_at_person(words: Words) -> bool:
    """``user_id``, ``KundenNr``: an identifier of a person, though no foreign key is declared."""
    return len(words) > 1 and words[-1] in IDENTIFIERS and words[-2] in PEOPLE
