"""Code lists that the world keeps: case codes' alphabet, countries, languages, currencies."""

import re
from functools import lru_cache

import pycountry
from babel import Locale
from django.utils.translation import get_language

ALPHABET = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
_LOOK_ALIKES = str.maketrans({"O": "0", "I": "1", "L": "1"})
_CODE = re.compile(f"^[{ALPHABET}]{{8}}$")

# Kosovo has no ISO code; the programme uses the customary one.
EXTRA_COUNTRIES = ("XK",)


def normalise_code(text: str) -> str:
    """The eight characters of a case code as typed by a person; '' where it can't be one (Crockford's rules)."""
    code = text.strip().upper().replace("-", "").replace(" ", "").translate(_LOOK_ALIKES)
    return code if _CODE.match(code) else ""


def _locale() -> Locale:
    return Locale.parse((get_language() or "sv").replace("-", "_"), sep="_") if get_language() else Locale("sv")


def country_name(code: str) -> str:
    """The country's name in the reader's language; the code itself where it has none."""
    return str(_locale().territories.get(code, code))


def language_name(code: str) -> str:
    """The language's name in the reader's language, by its ISO 639 code."""
    name = _locale().languages.get(code, "")
    if not name:
        found = pycountry.languages.get(alpha_3=code) or pycountry.languages.get(alpha_2=code)
        name = found.name if found else code
    return str(name)


def currency_name(code: str) -> str:
    """The currency's name in the reader's language, by its ISO 4217 code."""
    return str(_locale().currencies.get(code, code))


@lru_cache(maxsize=8)
def _countries(language: str) -> tuple[tuple[str, str], ...]:
    codes = [country.alpha_2 for country in pycountry.countries] + list(EXTRA_COUNTRIES)
    return tuple(sorted(((code, country_name(code)) for code in codes), key=lambda pair: pair[1]))


def countries() -> list[tuple[str, str]]:
    """(code, name) of every country, by name in the reader's language."""
    return list(_countries(get_language() or "sv"))


# The languages that people of the programme have spoken; others are reached by ISO code in the same field.
# fmt: off
_SPOKEN = (
    "sq", "am", "ar", "hy", "az", "be", "bn", "bs", "bg", "my", "ca", "zh", "hr", "cs", "da", "nl",
    "en", "et", "fi", "fr", "ka", "de", "el", "gu", "he", "hi", "hu", "id", "it", "ja", "kk", "km",
    "rw", "rn", "ku", "ky", "lo", "lv", "ln", "lt", "mk", "ms", "ml", "mt", "mn", "ne", "no", "om",
    "ps", "fa", "pl", "pt", "pa", "ro", "ru", "sr", "si", "sk", "sl", "so", "es", "sw", "sv", "tl",
    "ta", "te", "th", "ti", "tr", "tk", "uk", "ur", "uz", "vi", "wo", "yo", "zu",
)
# fmt: on


@lru_cache(maxsize=8)
def _languages(language: str) -> tuple[tuple[str, str], ...]:
    return tuple(sorted(((code, language_name(code)) for code in _SPOKEN), key=lambda pair: pair[1]))


def languages() -> list[tuple[str, str]]:
    """(ISO 639 code, name) of the languages offered, by name in the reader's language."""
    return list(_languages(get_language() or "sv"))


CURRENCIES = ("SEK", "EUR", "USD", "ALL", "RON", "BGN", "UAH", "THB", "NGN", "COP", "MAD", "MDL", "RSD", "GEL", "PHP")


def currencies() -> list[tuple[str, str]]:
    """(ISO 4217 code, code and name) of the currencies that the offices pay in."""
    return [(code, f"{code} – {currency_name(code)}") for code in CURRENCIES]
