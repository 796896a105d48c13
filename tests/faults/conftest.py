import pytest

from tests.faults.post import PostOffice
from tests.processes import Broker, environment, forks


@pytest.fixture
def post():
    """A mail server that takes everything."""
    office = PostOffice()
    office.open()
    yield office
    office.close()


@pytest.fixture
def broker(tmp_path):
    """A broker that runs."""
    made = Broker(tmp_path / "valkey")
    made.start()
    yield made
    made.stop()


@pytest.fixture
def workers(transactional_db, post, tmp_path):
    """Two processes that fork workers on this test's database, one at a time each."""
    with forks(tmp_path, environment(post.url), number=2) as made:
        yield made


@pytest.fixture
def figures(request, capsys):
    """Keeps what a run counted, and says it."""

    def keep(fault, **numbers):
        for name, number in numbers.items():
            request.node.user_properties.append((f"{fault}.{name}", number))
        with capsys.disabled():
            print(f"\n{fault}: " + ", ".join(f"{name} {number}" for name, number in numbers.items()))  # noqa: T201

    return keep
