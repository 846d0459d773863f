# One image for everything: `serve` (the default), `worker`, `migrate`, `keys`.
ARG PYTHON_IMAGE=python:3.11-slim-bookworm

FROM ${PYTHON_IMAGE} AS builder
ENV PIP_DISABLE_PIP_VERSION_CHECK=1 PIP_NO_CACHE_DIR=1
WORKDIR /build
COPY requirements.lock requirements-build.lock ./
RUN python -m venv /opt/leeway && /opt/leeway/bin/pip install --only-binary :all: --require-hashes -r requirements.lock
RUN python -m venv tools && tools/bin/pip install --require-hashes -r requirements-build.lock
COPY pyproject.toml README.md ./
COPY app app
COPY migrations migrations
COPY docs docs
RUN tools/bin/pip wheel --no-build-isolation --no-deps --wheel-dir dist . \
 && /opt/leeway/bin/pip install --no-deps dist/leeway-*.whl \
 && /opt/leeway/bin/pip check \
 && /opt/leeway/bin/pip uninstall --yes setuptools pip

FROM ${PYTHON_IMAGE}
RUN groupadd --system --gid 10001 leeway \
 && useradd --system --uid 10001 --gid leeway --home-dir /data --no-create-home --shell /usr/sbin/nologin leeway \
 && install --directory --owner leeway --group leeway --mode 750 /data
COPY --from=builder /opt/leeway /opt/leeway
ENV PATH="/opt/leeway/bin:$PATH" PYTHONDONTWRITEBYTECODE=1 PYTHONUNBUFFERED=1 LEEWAY_HOST=0.0.0.0
# The SQLite file of the default LEEWAY_DATABASE_URL lies here; with PostgreSQL nothing does.
WORKDIR /data
VOLUME /data
USER 10001:10001
EXPOSE 8000
# For `serve`; a container that runs anything else is started with --no-healthcheck.
HEALTHCHECK --interval=10s --timeout=3s --start-period=60s --retries=3 CMD ["python", "-c", "import os, urllib.request as u; u.build_opener(u.ProxyHandler({})).open('http://127.0.0.1:' + os.environ.get('LEEWAY_PORT', '8000') + '/readyz', timeout=2)"]
ENTRYPOINT ["leeway"]
CMD ["serve", "--migrate"]
