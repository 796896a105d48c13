"""How many statements a page costs."""

from django.db import connection
from django.test.utils import CaptureQueriesContext

GIVEN_BACK = "SELECT set_config('app.token'"


def statements_of(client, url):
    """The page, and the statements it took."""
    with CaptureQueriesContext(connection) as captured:
        response = client.get(url)
    return response, counted(captured)


def counted(captured):
    """Without savepoints, which read and write nothing, and without what gives a test its own actor back."""
    return [
        query["sql"]
        for query in captured
        if not query["sql"].startswith(("SAVEPOINT", "RELEASE", "ROLLBACK", GIVEN_BACK))
    ]
