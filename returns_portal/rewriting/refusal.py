"""Why a file cannot be taken: a word on the way back, a sentence on the page (`returns_portal.uploads.rewrite`)."""


class Refused(Exception):
    """The file cannot be rewritten; the argument is one of the words that the portal has a sentence for."""
