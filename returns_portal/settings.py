"""The portal's one settings file. It reads the environment and will not start half-configured."""

import base64
import binascii
import os
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, unquote, urlsplit

from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric.ec import SECP256R1, EllipticCurvePrivateKey
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey
from cryptography.hazmat.primitives.serialization import load_pem_private_key
from csp.constants import NONE, SELF
from django.core.exceptions import ImproperlyConfigured
from django.utils.translation import gettext_lazy as _

BASE_DIR = Path(__file__).resolve().parent.parent


def required(name: str) -> str:
    """The environment's value of `name`; the start stops with one clear line where it is missing."""
    value = os.environ.get(name, "").strip()
    if not value:
        raise ImproperlyConfigured(f"{name} is not set. See the README, 'Settings'.")
    return value


def is_on(name: str, default: bool) -> bool:
    """Whether the switch `name` is on; `on`, `1`, `true` and `yes` count as on."""
    return os.environ.get(name, "on" if default else "off").strip().lower() in {"on", "1", "true", "yes"}


def database(url: str) -> dict[str, Any]:
    """Django's database settings of `postgresql://user:password@host:port/name?host=/socket/folder`."""
    parts = urlsplit(url)
    if parts.scheme not in {"postgres", "postgresql"}:
        raise ImproperlyConfigured("DATABASE_URL must name a PostgreSQL database: row locks need it.")
    query = parse_qs(parts.query)
    return {
        "ENGINE": "django.db.backends.postgresql",
        "NAME": parts.path.lstrip("/"),
        "USER": unquote(parts.username or ""),
        "PASSWORD": unquote(parts.password or ""),
        "HOST": query.get("host", [parts.hostname or ""])[0],
        "PORT": str(parts.port or ""),
        "CONN_MAX_AGE": 600,
        "CONN_HEALTH_CHECKS": True,
        "OPTIONS": {"options": "-c lock_timeout=5s"},
        "TEST": {"NAME": os.environ.get("TEST_DATABASE") or None},
    }


def sealing_keys(text: str) -> list[tuple[str, bytes]]:
    """The key list `id:base64,id:base64`, newest first; each key is 32 bytes."""
    keys = []
    for part in text.split(","):
        name, _colon, encoded = part.strip().partition(":")
        try:
            key = base64.b64decode(encoded, validate=True)
        except binascii.Error as error:
            raise ImproperlyConfigured("SEALING_KEYS holds a key that is not base64.") from error
        if not name or len(key) != 32 or len(set(key)) < 8:
            raise ImproperlyConfigured("SEALING_KEYS wants name:base64 of 32 random bytes, newest first.")
        keys.append((name, key))
    return keys


def mail(url: str) -> dict[str, Any]:
    """Django's mail settings of `smtp://`, `smtps://`, `file:///folder` or `console:`."""
    parts = urlsplit(url)
    if parts.scheme == "file":
        return {"EMAIL_BACKEND": "django.core.mail.backends.filebased.EmailBackend", "EMAIL_FILE_PATH": parts.path}
    if parts.scheme == "console":
        return {"EMAIL_BACKEND": "django.core.mail.backends.console.EmailBackend"}
    if parts.scheme not in {"smtp", "smtps", "smtp+tls"}:
        raise ImproperlyConfigured("EMAIL_URL must begin with smtp:, smtps:, smtp+tls:, file: or console:.")
    return {
        "EMAIL_BACKEND": "django.core.mail.backends.smtp.EmailBackend",
        "EMAIL_HOST": parts.hostname or "localhost",
        "EMAIL_PORT": parts.port or {"smtps": 465, "smtp+tls": 587}.get(parts.scheme, 25),
        "EMAIL_HOST_USER": unquote(parts.username or ""),
        "EMAIL_HOST_PASSWORD": unquote(parts.password or ""),
        "EMAIL_USE_SSL": parts.scheme == "smtps",
        "EMAIL_USE_TLS": parts.scheme == "smtp+tls",
        "EMAIL_TIMEOUT": 10,
    }


def identity_provider(url: str, in_the_open: bool) -> str:
    """The issuer's address, word for word as it signs it; plain HTTP is for a loopback address and tests alone."""
    parts = urlsplit(url)
    safe = parts.scheme == "https" or (in_the_open and parts.scheme == "http" and parts.hostname == "127.0.0.1")
    if url and (not safe or not parts.hostname or parts.query or parts.fragment or parts.username or len(url) > 200):
        raise ImproperlyConfigured("OIDC_ISSUER must be the https:// address of the identity provider, and no more.")
    return url


def client_key() -> str:
    """The private key, as PEM text, by which the identity provider knows the portal."""
    path = os.environ.get("OIDC_PRIVATE_KEY_FILE", "").strip()
    try:
        text = Path(path).read_text("ascii") if path else required("OIDC_PRIVATE_KEY").replace("\\n", "\n")
        key = load_pem_private_key(text.encode(), password=None)
    except (OSError, ValueError, TypeError, UnsupportedAlgorithm) as error:
        raise ImproperlyConfigured("OIDC_PRIVATE_KEY(_FILE) is no PEM private key without a password.") from error
    is_rsa = isinstance(key, RSAPrivateKey) and key.key_size >= 2048
    if not is_rsa and not (isinstance(key, EllipticCurvePrivateKey) and isinstance(key.curve, SECP256R1)):
        raise ImproperlyConfigured("OIDC_PRIVATE_KEY wants RSA of at least 2048 bits, or the curve P-256.")
    return text


def origin(url: str) -> str:
    """Scheme and host of an address, as a content policy names them."""
    parts = urlsplit(url)
    return f"{parts.scheme}://{parts.netloc}"


# Where it runs. `demo` is set by `make demo` alone: plain HTTP on loopback, known passwords, fictitious people.
MODE = os.environ.get("PORTAL_MODE", "production")
if MODE not in {"production", "demo", "development"}:
    raise ImproperlyConfigured("PORTAL_MODE is production, demo or development.")
DEMO = MODE == "demo"
OVER_HTTPS = MODE == "production"
DEBUG = False

SECRET_KEY = required("SECRET_KEY")
if len(SECRET_KEY) < 50 or len(set(SECRET_KEY)) < 10:
    raise ImproperlyConfigured("SECRET_KEY is too weak: use at least 50 random characters.")
SEALING_KEYS = sealing_keys(required("SEALING_KEYS"))
ALLOWED_HOSTS = [host.strip() for host in required("ALLOWED_HOSTS").split(",")]
if OVER_HTTPS and "*" in ALLOWED_HOSTS:
    raise ImproperlyConfigured("ALLOWED_HOSTS must name the hosts: links in mails are built from them.")
CSRF_TRUSTED_ORIGINS = [f"https://{host}" for host in ALLOWED_HOSTS if host != "*"] if OVER_HTTPS else []
REQUIRE_MFA = is_on("REQUIRE_MFA", default=not DEMO)

INSTALLED_APPS = [
    "returns_portal",
    "partners",
    "cases",
    "reintegration",
    "returns_portal.admin_site.PortalAdminConfig",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "django.contrib.staticfiles",
    "django.contrib.postgres",
    "django.forms",
    "allauth",
    "allauth.account",
    "allauth.mfa",
    "allauth.socialaccount",
    "allauth.usersessions",
    "csp",
    "guardian",
    "pgtrigger",
    "django_fsm",
]

MIDDLEWARE = [
    # What stands on every answer, whoever gives it: these three stand outside all others.
    "returns_portal.middleware.SecurityHeaders",
    "csp.middleware.CSPMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "django.middleware.security.SecurityMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "returns_portal.sessions.SessionLimits",
    "partners.middleware.LanguageMiddleware",
    "django.contrib.auth.middleware.LoginRequiredMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "partners.afterwards.Afterwards",
    "allauth.account.middleware.AccountMiddleware",
    "partners.middleware.SessionActivity",
    "partners.middleware.RequireSecondFactor",
    "cases.middleware.StepRefusedMiddleware",
    "returns_portal.looks.Sessions",
    "returns_portal.actor.ActorTransaction",
]

ROOT_URLCONF = "returns_portal.urls"
WSGI_APPLICATION = "returns_portal.wsgi.application"
ASGI_APPLICATION = "returns_portal.asgi.application"

TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "DIRS": [BASE_DIR / "templates"],
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
                "returns_portal.ui.page_frame",
                "returns_portal.sessions.page_time",
            ],
        },
    }
]
FORM_RENDERER = "returns_portal.ui.PortalRenderer"

DATABASES = {"default": database(required("DATABASE_URL"))}
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"
# Limits and replay guards of the sign-in must hold across processes and with the broker down.
# And an attacker must not push them out: the cache drops what lives when it is full, and is full at 300 by default.
CACHES = {
    "default": {
        "BACKEND": "django.core.cache.backends.db.DatabaseCache",
        "LOCATION": "cache",
        "OPTIONS": {"MAX_ENTRIES": 100_000},
    }
}

# Sign-in
AUTH_USER_MODEL = "partners.User"
AUTHENTICATION_BACKENDS = ["partners.sign_in.SignInBackend"]
ANONYMOUS_USER_NAME = None
# Nothing asks guardian's backend about a case: it is blind to a grant's end and says yes to every superuser.
SILENCED_SYSTEM_CHECKS = ["guardian.W001"]
LOGIN_URL = "account_login"
LOGIN_REDIRECT_URL = "/"
PASSWORD_HASHERS = [
    "django.contrib.auth.hashers.Argon2PasswordHasher",
    "django.contrib.auth.hashers.PBKDF2PasswordHasher",
]
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": "django.contrib.auth.password_validation.MinimumLengthValidator", "OPTIONS": {"min_length": 12}},
    {"NAME": "django.contrib.auth.password_validation.CommonPasswordValidator"},
    {
        "NAME": "django.contrib.auth.password_validation.UserAttributeSimilarityValidator",
        "OPTIONS": {"user_attributes": ("email", "name")},
    },
]
ACCOUNT_ADAPTER = "partners.sign_in.AccountAdapter"
MFA_ADAPTER = "partners.sign_in.FactorAdapter"
ACCOUNT_FORMS = {"login": "partners.forms.SignInForm"}
ACCOUNT_LOGIN_METHODS = {"email"}
ACCOUNT_SIGNUP_FIELDS = ["email*", "password1*"]
ACCOUNT_USER_MODEL_USERNAME_FIELD = None
ACCOUNT_PREVENT_ENUMERATION = "strict"
ACCOUNT_EMAIL_UNKNOWN_ACCOUNTS = False
ACCOUNT_EMAIL_NOTIFICATIONS = True
ACCOUNT_EMAIL_VERIFICATION = "mandatory"
ACCOUNT_REAUTHENTICATION_REQUIRED = True
ACCOUNT_SESSION_REMEMBER = False
ACCOUNT_EMAIL_SUBJECT_PREFIX = ""
MFA_FORMS = {
    "add_webauthn": "partners.forms.AddKeyForm",
    "authenticate_webauthn": "partners.forms.KeyForm",
    "login_webauthn": "partners.forms.PasskeyForm",
    "reauthenticate_webauthn": "partners.forms.KeyAgainForm",
}
MFA_SUPPORTED_TYPES = ["totp", "webauthn", "recovery_codes"]
# A passkey is bound to a name; on a bare loopback address the browser refuses it.
MFA_PASSKEY_LOGIN_ENABLED = OVER_HTTPS
# A passkey alone lets somebody in, so it must know that it is them: finger, face or PIN.
MFA_WEBAUTHN_USER_VERIFICATION = "required"
MFA_TOTP_TOLERANCE = 0
MFA_TOTP_ISSUER = "Returns Portal"
MFA_RECOVERY_CODES_SHOW_ONCE = True
MFA_TRUST_ENABLED = False
MFA_WEBAUTHN_ALLOW_INSECURE_ORIGIN = not OVER_HTTPS
USERSESSIONS_TRACK_ACTIVITY = True
ALLAUTH_TRUSTED_PROXY_COUNT = int(os.environ.get("TRUSTED_PROXY_COUNT", "0"))

# Single sign-on of an authority (docs/sso.md): off, and routed nowhere, until its identity provider is named.
OIDC_ISSUER = identity_provider(os.environ.get("OIDC_ISSUER", "").strip(), in_the_open=not OVER_HTTPS)
OIDC_NAME = os.environ.get("OIDC_NAME", "").strip() or (urlsplit(OIDC_ISSUER).hostname or "")
OIDC_CLIENT_ID = required("OIDC_CLIENT_ID") if OIDC_ISSUER else ""
OIDC_PRIVATE_KEY = client_key() if OIDC_ISSUER else ""
# Levels of assurance that are high enough; LoA 3 is the Swedish "substantial".
OIDC_ACR = os.environ.get("OIDC_ACR", "").split() or ["http://id.elegnamnden.se/loa/1.0/loa3"]
# Chromium follows no form to an origin that the content policy does not name, nor the hops after it.
OIDC_ORIGINS = [origin(url) for url in [OIDC_ISSUER, *os.environ.get("OIDC_ORIGINS", "").split()] if OIDC_ISSUER]
SOCIALACCOUNT_ADAPTER = "partners.oidc.provider.FromSettings"
SOCIALACCOUNT_EMAIL_AUTHENTICATION = False
SOCIALACCOUNT_EMAIL_AUTHENTICATION_AUTO_CONNECT = False
SOCIALACCOUNT_AUTO_SIGNUP = False
SOCIALACCOUNT_LOGIN_ON_GET = False
SOCIALACCOUNT_STORE_TOKENS = False

# Sessions, cookies, headers
SESSION_ENGINE = "django.contrib.sessions.backends.db"
# Eight hours from the sign-in, and a quarter of an hour after the last sign of the person; the server counts both.
SESSION_COOKIE_AGE = 8 * 3600
SESSION_IDLE = 15 * 60
SESSION_EXPIRE_AT_BROWSER_CLOSE = True
SESSION_COOKIE_HTTPONLY = True
SESSION_COOKIE_SAMESITE = "Lax"
SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = OVER_HTTPS
SESSION_COOKIE_NAME = "__Host-sessionid" if OVER_HTTPS else "sessionid"
CSRF_COOKIE_NAME = "__Host-csrftoken" if OVER_HTTPS else "csrftoken"
CSRF_COOKIE_HTTPONLY = True
CSRF_COOKIE_SAMESITE = "Lax"
CSRF_COOKIE_AGE = None
CSRF_FAILURE_VIEW = "returns_portal.views.csrf_failure"
MESSAGE_STORAGE = "django.contrib.messages.storage.session.SessionStorage"
SECURE_SSL_REDIRECT = OVER_HTTPS
SECURE_HSTS_SECONDS = 2 * 365 * 86400 if OVER_HTTPS else 0
SECURE_HSTS_INCLUDE_SUBDOMAINS = SECURE_HSTS_PRELOAD = OVER_HTTPS
SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https") if OVER_HTTPS else None
SECURE_REDIRECT_EXEMPT = [r"^healthz/"]
SECURE_REFERRER_POLICY = "same-origin"
X_FRAME_OPTIONS = "DENY"
CONTENT_SECURITY_POLICY = {
    "DIRECTIVES": {
        "default-src": [NONE],
        "script-src": [SELF],
        "style-src": [SELF],
        "img-src": [SELF],
        "font-src": [SELF],
        "connect-src": [SELF],
        "form-action": [SELF, *OIDC_ORIGINS],
        "manifest-src": [SELF],
        "frame-ancestors": [NONE],
        "base-uri": [NONE],
        "object-src": [NONE],
        # Old, and understood by every browser at once; `report-to` comes late and brings more than we want to know.
        "report-uri": ["/csp-report/"],
    }
}

# Files
STATIC_URL = "/static/"
STATICFILES_DIRS = [BASE_DIR / "static"]
STATIC_ROOT = BASE_DIR / ".data" / "static"
STORAGES = {
    "default": {"BACKEND": "django.core.files.storage.FileSystemStorage"},
    "staticfiles": {
        "BACKEND": "whitenoise.storage.CompressedManifestStaticFilesStorage"
        if MODE != "development"
        else "django.contrib.staticfiles.storage.StaticFilesStorage"
    },
}
WHITENOISE_USE_FINDERS = MODE == "development"
UPLOADS_DIR = Path(required("UPLOADS_DIR"))
# Where the newest hash of the trail is written every five minutes; best on another machine, which only adds lines.
ANCHOR_FILE = Path(os.environ.get("ANCHOR_FILE", "").strip() or UPLOADS_DIR.parent / "anchors" / "trail.anchors")
# Never spool an upload in clear to the temp folder.
FILE_UPLOAD_HANDLERS = ["returns_portal.uploads.memory.MemoryOnly"]
UPLOAD_LIMIT = 25 * 1024 * 1024
FILE_UPLOAD_MAX_MEMORY_SIZE = UPLOAD_LIMIT
DATA_UPLOAD_MAX_MEMORY_SIZE = 2 * 1024 * 1024
# ClamAV's clamd. Without it nothing that people upload may be opened, so production does not start without.
CLAMD_URL = required("CLAMD_URL") if OVER_HTTPS else os.environ.get("CLAMD_URL", "").strip()
if CLAMD_URL and not CLAMD_URL.startswith(("tcp://", "unix:///")):
    raise ImproperlyConfigured("CLAMD_URL must begin with tcp:// or unix:///.")

# Mail
for _name, _value in mail(required("EMAIL_URL")).items():
    globals()[_name] = _value
DEFAULT_FROM_EMAIL = SERVER_EMAIL = os.environ.get("MAIL_FROM", "portal@localhost")
PORTAL_ADDRESS = os.environ.get("PORTAL_ADDRESS", "http://127.0.0.1:8000").rstrip("/")

# Language
LANGUAGES = [("sv", _("Swedish")), ("en-gb", _("English"))]
LANGUAGE_CODE = "sv"
LOCALE_PATHS = [BASE_DIR / "locale"]
USE_I18N = USE_TZ = True
TIME_ZONE = "Europe/Stockholm"

# The worker
REDIS_URL = required("REDIS_URL")

# The demo's own clock and mail folder; empty everywhere else.
DEMO_CLOCK_FILE = os.environ.get("DEMO_CLOCK_FILE", "") if DEMO else ""

LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    "formatters": {
        "line": {
            "()": "returns_portal.logs.WithoutWords",
            "format": "{asctime} {levelname} {name} {message}",
            "style": "{",
        }
    },
    "filters": {
        "without_paths": {"()": "returns_portal.logs.WithoutPaths"},
        "classes_only": {"()": "returns_portal.logs.ClassesOnly"},
    },
    "handlers": {
        "console": {
            "class": "logging.StreamHandler",
            "formatter": "line",
            "filters": ["without_paths", "classes_only"],
        }
    },
    "root": {"handlers": ["console"], "level": "WARNING"},
}
