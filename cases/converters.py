"""How a case's code stands in an address."""

from django.urls import register_converter

from cases.codes import normalise_code


class CodeConverter:
    """`K7Q2-9FWM`; small letters, a missing hyphen and O I L for 0 1 1 lead to the same case (contract)."""

    regex = "[0-9A-Za-z]{4}-?[0-9A-Za-z]{4}"

    def to_python(self, value: str) -> str:
        """The eight characters as stored."""
        code = normalise_code(value)
        if not code:
            raise ValueError
        return code

    def to_url(self, value: str) -> str:
        """The code with its hyphen."""
        code = normalise_code(value)
        return f"{code[:4]}-{code[4:]}"


register_converter(CodeConverter, "code")
