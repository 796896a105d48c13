"""The stored balls follow when an administrator changes a rule or a number: in pieces, so that nobody waits."""

from uuid import UUID, uuid4

from cases import ball
from returns_portal import outbox
from returns_portal.models import OutboxItem

# So many cases are locked and computed in one transaction.
CHUNK = 200


def queue_ball_refresh() -> None:
    """Have the worker compute the ball of every open case anew; called in the transaction that changed the rules."""
    _put(str(uuid4()), None)


def _put(run: str, after: UUID | None) -> None:
    outbox.put("refresh-balls", key=f"refresh-balls:{run}:{after or ''}", data={"run": run, "after": str(after or "")})


@outbox.handles("refresh-balls")
def refresh_balls(item: OutboxItem) -> None:
    """One piece; the next one is written down together with it."""
    after = item.data["after"]
    _wrong, following = ball.correct_some(UUID(after) if after else None, CHUNK)
    if following is not None:
        _put(item.data["run"], following)
