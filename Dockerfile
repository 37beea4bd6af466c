# The service alone: no compiler, no pip, no model server, no weights.
#
#   docker build -t surefoot:0.1.0 .
#   docker run --read-only --tmpfs /tmp -p 127.0.0.1:8000:8000 \
#       -v surefoot-state:/state -v ~/.cache/surefoot:/cache:ro \
#       -v "$PWD/keys.json:/run/secrets/surefoot-keys.json:ro" \
#       -e SUREFOOT_CHAT_URL=http://your-vllm:8000 surefoot:0.1.0
#
# It listens beyond loopback, so it wants a file of keys (`surefoot key create`) and does not start without.
# serving/compose.yaml puts vLLM and Prometheus beside it.

ARG BASE=python:3.11-slim

FROM ${BASE} AS build
WORKDIR /build
ENV PIP_NO_CACHE_DIR=1 PIP_DISABLE_PIP_VERSION_CHECK=1
COPY requirements.lock requirements-build.lock ./
RUN python3 -m venv /opt/venv \
    && python3 -m venv /opt/backend \
    && /opt/venv/bin/python -m pip install --no-deps --require-hashes --only-binary :all: -r requirements.lock \
    && /opt/backend/bin/python -m pip install --no-deps --require-hashes --only-binary :all: \
        -r requirements-build.lock
COPY pyproject.toml README.md LICENSE ./
COPY src ./src
COPY evals/ragas.lock ./evals/
COPY serving ./serving
RUN /opt/backend/bin/python -m pip wheel --no-deps --no-build-isolation --wheel-dir dist . \
    && /opt/venv/bin/python -m pip install --no-deps dist/*.whl \
    && /opt/venv/bin/python -m compileall -qq /opt/venv/lib/python3.11/site-packages/surefoot \
    && /opt/venv/bin/python -m pip uninstall --yes --quiet pip

FROM ${BASE}
COPY --from=build /opt/venv /opt/venv
WORKDIR /app
# What the service reads: the deployment, its prompts, and the documents that its corpora name.
COPY serving ./serving
COPY prompts ./prompts
COPY docs ./docs
COPY evals/answers/corpus ./evals/answers/corpus
# Only /state and /cache are ever written, so the rest of the file system can be read-only.
RUN mkdir /state /cache && chown 10001:10001 /state /cache
ENV PATH=/opt/venv/bin:$PATH \
    PYTHONDONTWRITEBYTECODE=1 \
    PYTHONUNBUFFERED=1 \
    HOME=/state \
    SUREFOOT_FOLDERS_STATE=/state \
    SUREFOOT_FOLDERS_CACHE=/cache \
    SUREFOOT_SERVICE_HOST=0.0.0.0 \
    SUREFOOT_SERVICE_PORT=8000 \
    SUREFOOT_SERVICE_KEYS=/run/secrets/surefoot-keys.json
VOLUME ["/state"]
USER 10001:10001
EXPOSE 8000
HEALTHCHECK --interval=10s --timeout=3s --start-period=60s --retries=3 \
    CMD ["python", "-c", "import urllib.request as r; r.urlopen('http://127.0.0.1:8000/healthz', timeout=2)"]
CMD ["surefoot", "serve"]
