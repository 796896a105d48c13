FROM python:3.11-slim-bookworm

# Pango and the Noto fonts set the papers, libmagic looks at uploads.
RUN apt-get update \
    && apt-get install --yes --no-install-recommends libpango-1.0-0 libpangoft2-1.0-0 libharfbuzz-subset0 \
        fontconfig fonts-noto-core libmagic1 \
    && rm -rf /var/lib/apt/lists/* \
    && useradd --system --uid 10001 --home-dir /srv/portal --shell /usr/sbin/nologin portal \
    && install --directory --owner portal --mode 0700 /var/lib/portal/uploads /var/lib/portal/anchors

ENV PYTHONUNBUFFERED=1 PYTHONDONTWRITEBYTECODE=1 PIP_NO_CACHE_DIR=1 PIP_DISABLE_PIP_VERSION_CHECK=1
WORKDIR /srv/portal
COPY requirements/portal.txt requirements/
RUN pip install --require-hashes --requirement requirements/portal.txt
COPY . .
# The values here are for this one command; a container does not start without its own.
RUN for po in locale/*/LC_MESSAGES/*.po; do pybabel --quiet compile --input-file "$po" --output-file "${po%.po}.mo"; done \
    && SECRET_KEY=building-0123456789-abcdefghijklmnopqrstuvwxyz-0123456789 \
       SEALING_KEYS=build:MDEyMzQ1Njc4OTAxMjM0NTY3ODkwMTIzNDU2Nzg5MDE= \
       ALLOWED_HOSTS=localhost DATABASE_URL=postgresql://nobody@localhost/nothing REDIS_URL=redis://localhost \
       EMAIL_URL=console: UPLOADS_DIR=/var/lib/portal/uploads CLAMD_URL=tcp://clamav:3310 \
       python manage.py collectstatic --no-input \
    && python -m compileall -q returns_portal partners cases reintegration

USER portal
EXPOSE 8000
CMD ["gunicorn", "returns_portal.wsgi", "--bind", "0.0.0.0:8000", "--preload", "--no-control-socket", \
     "--workers", "2", "--worker-class", "gthread", "--threads", "4", "--worker-tmp-dir", "/dev/shm", \
     "--graceful-timeout", "20", "--max-requests", "5000", "--max-requests-jitter", "500"]
