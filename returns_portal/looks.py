"""The trail of looks: written in the transaction of the page that shows the thing. No line, no page."""

import uuid
from typing import Any

from returns_portal.models import Look


def record(user: Any, case_id: uuid.UUID | None, section: str, action: str, path_name: str = "") -> None:
    """Note that `user` looked, or was refused a look; `path_name` is the name of the route, never its address."""
    Look.objects.create(
        user_id=user.pk if user is not None else None,
        case_id=case_id,
        section=section,
        action=Look.Action(action),
        path_name=path_name,
    )
