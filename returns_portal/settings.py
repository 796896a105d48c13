"""The portal's one settings file. It reads the environment and will not start half-configured."""

import base64
import binascii
import os
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, unquote, urlsplit

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
    "allauth.usersessions",
    "csp",
    "guardian",
    "pgtrigger",
    "django_fsm",
]

MIDDLEWARE = [
    "django.middleware.security.SecurityMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "csp.middleware.CSPMiddleware",
    "returns_portal.middleware.SecurityHeaders",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "partners.middleware.LanguageMiddleware",
    "django.contrib.auth.middleware.LoginRequiredMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "allauth.account.middleware.AccountMiddleware",
    "allauth.usersessions.middleware.UserSessionsMiddleware",
    "partners.middleware.RequireSecondFactor",
    "cases.middleware.StepRefusedMiddleware",
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
            ],
        },
    }
]
FORM_RENDERER = "returns_portal.ui.PortalRenderer"

DATABASES = {"default": database(required("DATABASE_URL"))}
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"
# Limits and replay guards of the sign-in must hold across processes and with the broker down.
CACHES = {"default": {"BACKEND": "django.core.cache.backends.db.DatabaseCache", "LOCATION": "cache"}}

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
    {"NAME": "django.contrib.auth.password_validation.UserAttributeSimilarityValidator"},
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
USERSESSIONS_TRACK_ACTIVITY = False
ALLAUTH_TRUSTED_PROXY_COUNT = int(os.environ.get("TRUSTED_PROXY_COUNT", "0"))

# Sessions, cookies, headers
SESSION_ENGINE = "django.contrib.sessions.backends.db"
SESSION_COOKIE_AGE = 8 * 3600
SESSION_COOKIE_HTTPONLY = True
SESSION_COOKIE_SAMESITE = "Lax"
SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = OVER_HTTPS
SESSION_COOKIE_NAME = "__Host-sessionid" if OVER_HTTPS else "sessionid"
CSRF_COOKIE_NAME = "__Host-csrftoken" if OVER_HTTPS else "csrftoken"
CSRF_COOKIE_HTTPONLY = True
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
        "form-action": [SELF],
        "manifest-src": [SELF],
        "frame-ancestors": [NONE],
        "base-uri": [NONE],
        "object-src": [NONE],
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
# Never spool an upload in clear to the temp folder.
FILE_UPLOAD_HANDLERS = ["django.core.files.uploadhandler.MemoryFileUploadHandler"]
UPLOAD_LIMIT = 25 * 1024 * 1024
FILE_UPLOAD_MAX_MEMORY_SIZE = UPLOAD_LIMIT
DATA_UPLOAD_MAX_MEMORY_SIZE = 2 * 1024 * 1024

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
    "handlers": {"console": {"class": "logging.StreamHandler", "formatter": "line"}},
    "root": {"handlers": ["console"], "level": "WARNING"},
}
