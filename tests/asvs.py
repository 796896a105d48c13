"""Which requirements of OWASP ASVS 5.0 the tests show to be met; `python -m tests.asvs` writes the table for auditors.

A test says which by its marker `asvs("8.2.1", …)`; the words of the rows are those of the design.
"""

import ast
from collections import defaultdict
from pathlib import Path

TESTS = Path(__file__).parent
TABLE = TESTS.parent / "docs" / "asvs.md"
# Requirement → what the tests must show.
ROWS = {
    "1.2.4": "Injected words in filters and forms change nothing",
    "1.5.1": "An office file with an external entity is refused",
    "2.3.1": "A step that is not open answers 409 and changes nothing",
    "2.3.3": "A fault in the middle of an act leaves nothing behind",
    "2.3.4": "Of many at once one wins, once",
    "2.3.5": "What cannot be undone needs a second person",
    "2.4.1": "Too many different cases in a short time ring, then stop",
    "3.2.1": "What was uploaded is never served as something active",
    "3.3.1": "Cookies are Secure and __Host-",
    "3.3.2": "Cookies stay on the site",
    "3.3.3": "Cookies have the __Host- prefix",
    "3.3.4": "Cookies are closed to scripts",
    "3.4.1": "HSTS on every answer",
    "3.4.3": "Content policy on every answer",
    "3.4.4": "No sniffing of types",
    "3.4.5": "Referrer policy",
    "3.4.6": "No framing",
    "3.4.7": "Breaches of the content policy are reported",
    "3.4.8": "Own browsing context",
    "3.7.2": "Redirects stay on the host",
    "5.2.1": "Size of uploads",
    "5.2.2": "Name and content of uploads agree",
    "5.2.3": "Compressed bombs",
    "5.2.6": "Pixel bombs",
    "5.3.2": "Names of files never reach the disk",
    "5.4.1": "Names of files are given anew for a download",
    "5.4.2": "Names of files cannot break a header",
    "5.4.3": "A virus is refused, and without a scanner nothing opens",
    "6.2.1": "Passwords of twelve characters or more",
    "6.2.4": "No common password",
    "6.2.8": "Passwords are taken as typed",
    "6.2.9": "Passwords of 64 characters are taken",
    "6.3.1": "Guessing is stopped",
    "6.3.3": "A second factor is asked of everybody",
    "6.3.4": "Every way in asks for a second factor",
    "6.3.7": "Changes of factors and passwords are told by mail",
    "6.3.8": "Nobody learns who has an account",
    "6.4.1": "An invitation lets one person in, once, for 72 hours",
    "6.4.3": "A new password does not go round the second factor",
    "6.5.1": "A code counts once",
    "6.5.5": "A code lives half a minute",
    "6.8.1": "A name at another issuer is another person",
    "6.8.2": "Signatures of the identity provider are checked",
    "6.8.4": "The level of assurance is checked",
    "7.2.4": "A new session key at every proof",
    "7.3.1": "An idle session ends",
    "7.3.2": "Every session ends",
    "7.4.1": "Signing out ends the session",
    "7.4.2": "A closed account is out at the next request",
    "7.4.3": "A changed factor ends the other sessions",
    "7.4.5": "Administrators end sessions",
    "7.5.1": "Changing the account asks again who it is",
    "7.5.2": "People see their sessions and end them",
    "7.5.3": "Weighty acts ask again who it is",
    "8.2.1": "Every page says who may reach it",
    "8.2.2": "Access to a case is by grant",
    "8.2.3": "Access to fields is by section",
    "8.3.2": "A change of access counts at the next request",
    "8.4.1": "Organisations are kept apart",
    "10.5.1": "Nonce",
    "10.5.4": "Audience",
    "11.3.2": "Sound ciphers",
    "11.3.3": "Changed or moved ciphertext is refused",
    "11.3.4": "Nonces are used once",
    "11.4.2": "Passwords are kept by a slow hash",
    "13.2.2": "Roles of the database have the rights on the list",
    "13.4.2": "Nothing of the inside is shown where it runs for real",
    "14.2.1": "No personal data in addresses",
    "14.2.7": "What is too old is destroyed",
    "14.2.8": "Metadata of files are taken out",
    "14.3.1": "Signing out clears the browser",
    "14.3.2": "Nothing is kept by browsers and proxies",
    "15.3.3": "Fields that a form does not have are ignored",
    "15.4.2": "Rights are asked again inside the transaction",
    "16.2.5": "No log holds personal data",
    "16.3.2": "Refused access is in the trail",
    "16.4.2": "The trail cannot be changed unseen",
    "16.5.1": "Error pages say nothing of the inside",
    "16.5.3": "What fails, fails closed",
}


def proofs() -> dict[str, set[str]]:
    """Requirement → the tests that are marked with it, as `file::test`."""
    found: dict[str, set[str]] = defaultdict(set)
    for file in sorted(TESTS.rglob("test_*.py")):
        for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
            if isinstance(node, ast.FunctionDef):
                for requirement in _marked(node):
                    found[requirement].add(f"{file.relative_to(TESTS.parent)}::{node.name}")
    return found


def _marked(test: ast.FunctionDef) -> list[str]:
    calls = [node for decorator in test.decorator_list for node in ast.walk(decorator) if isinstance(node, ast.Call)]
    return [
        str(argument.value)
        for call in calls
        if isinstance(call.func, ast.Attribute) and call.func.attr == "asvs"
        for argument in call.args
        if isinstance(argument, ast.Constant)
    ]


def table() -> str:
    """The table in Markdown."""
    found = proofs()
    lines = [
        "# OWASP ASVS 5.0, level 2: which tests show it",
        "",
        "Made by `python -m tests.asvs` from the markers of the tests; a test fails where this page is older.",
        "",
        "| requirement | what is shown | by |",
        "|---|---|---|",
    ]
    for requirement, words in ROWS.items():
        tests = "<br>".join(f"`{test}`" for test in sorted(found.get(requirement, ())))
        lines.append(f"| {requirement} | {words} | {tests or '**not yet**'} |")
    return "\n".join(lines) + "\n"


if __name__ == "__main__":
    TABLE.write_text(table(), encoding="utf-8")
