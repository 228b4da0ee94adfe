# The service in a container: mpi, the shipped model, and a user that owns nothing.
#
#   docker build -t master-person-index .
#   docker run --read-only --tmpfs /tmp -v index:/data -p 127.0.0.1:8000:8000 master-person-index
#
# compose.yaml runs it with PostgreSQL.

FROM node:22-bookworm-slim AS design
WORKDIR /design
COPY mpi/web/design/package.json mpi/web/design/package-lock.json ./
RUN npm ci --ignore-scripts --no-audit --no-fund

FROM python:3.11-slim-bookworm AS build
WORKDIR /build
COPY pyproject.toml constraints.txt README.md ./
COPY mpi mpi
COPY --from=design /design/node_modules mpi/web/design/node_modules
RUN python -m venv /opt/mpi \
    && /opt/mpi/bin/pip install --no-cache-dir --constraint constraints.txt '.[service]'

FROM python:3.11-slim-bookworm
# A number, not only a name, so that a cluster can check that it is not root.
RUN groupadd --gid 10001 mpi \
    && useradd --uid 10001 --gid mpi --no-create-home --shell /usr/sbin/nologin mpi \
    && install --directory --owner=mpi --group=mpi /data /audit /audit-key
COPY --from=build /opt/mpi /opt/mpi
COPY models /opt/models
ENV PATH=/opt/mpi/bin:$PATH \
    PYTHONDONTWRITEBYTECODE=1 \
    PYTHONUNBUFFERED=1 \
    MPI_INDEX=sqlite:////data/mpi.db \
    MPI_MODEL=/opt/models/synthetic-base
USER 10001:10001
WORKDIR /data
VOLUME /data
EXPOSE 8000
# Alive, not ready: a service that waits for its database should not be killed for it.
HEALTHCHECK --interval=10s --timeout=3s --start-period=20s --retries=3 \
    CMD ["python", "-c", "import urllib.request as u; u.urlopen('http://127.0.0.1:8000/health', timeout=2)"]
ENTRYPOINT ["mpi"]
CMD ["serve"]
