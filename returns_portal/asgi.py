"""The door for ASGI servers."""

import os

from django.core.asgi import get_asgi_application

from returns_portal.closed import close_to_others

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "returns_portal.settings")
close_to_others()
application = get_asgi_application()
