"""What differs in tests: no patience for slow hashes, no collected files, throw-away folders."""

import os
import tempfile
from pathlib import Path

# Tests never meet real data; where nobody gave secrets, these do.
os.environ.setdefault("PORTAL_MODE", "development")
os.environ.setdefault("SECRET_KEY", "tests-only-0123456789-abcdefghijklmnopqrstuvwxyz-0123456789")
os.environ.setdefault("SEALING_KEYS", "k1:MDEyMzQ1Njc4OTAxMjM0NTY3ODkwMTIzNDU2Nzg5MDE=")
os.environ.setdefault("ALLOWED_HOSTS", "testserver,localhost,127.0.0.1")
os.environ.setdefault("EMAIL_URL", "console:")
os.environ.setdefault("REDIS_URL", "redis://127.0.0.1:1/0")
os.environ.setdefault("DATABASE_URL", "postgresql://app@/portal")  # `make test` names the real one
os.environ["UPLOADS_DIR"] = tempfile.mkdtemp(prefix="portal-test-uploads-")

from returns_portal.settings import *  # noqa: E402, F403  # reads the environment that is set above

UPLOADS_DIR = Path(os.environ["UPLOADS_DIR"])
ANCHOR_FILE = UPLOADS_DIR / "trail.anchors"
REQUIRE_MFA = False
PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
WHITENOISE_AUTOREFRESH = True
