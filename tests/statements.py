"""How many statements a page costs: savepoints are not counted, they read and write nothing."""

from django.db import connection
from django.test.utils import CaptureQueriesContext


def statements_of(client, url):
    """The page, and the statements it took."""
    with CaptureQueriesContext(connection) as captured:
        response = client.get(url)
    counted = [query["sql"] for query in captured if not query["sql"].startswith(("SAVEPOINT", "RELEASE", "ROLLBACK"))]
    return response, counted
