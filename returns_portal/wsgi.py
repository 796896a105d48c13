"""The door for WSGI servers."""

import os

from django.core.wsgi import get_wsgi_application

from returns_portal.closed import close_to_others

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "returns_portal.settings")
close_to_others()
application = get_wsgi_application()
