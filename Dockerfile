# The main job on any machine that runs Linux containers, macOS and Windows included:
#
#   docker build -t recode-data .
#   docker run --rm -v "$PWD:/data" \
#       --security-opt seccomp=unconfined --security-opt apparmor=unconfined \
#       --security-opt systempaths=unconfined recode-data build numpy
#
# The three options let bubblewrap make its namespaces. Without them Landlock carries on, where
# the host's kernel is 6.2 or newer; `docker run recode-data doctor` says which of them works.
#
# The tests, in the same image:
#
#   docker build -t recode-data-tests --target tests .
#   docker run --rm <the options above> recode-data-tests

FROM python:3.12-slim-bookworm AS base
# hadolint ignore=DL3008
RUN apt-get update \
    && apt-get install -y --no-install-recommends bubblewrap \
    && rm -rf /var/lib/apt/lists/*
# Old versions of libraries need old Pythons; one layer, for they change least.
ENV UV_PYTHON_INSTALL_DIR=/opt/python UV_NO_CACHE=1 UV_SYSTEM_PYTHON=1
# hadolint ignore=DL3013
RUN pip install --no-cache-dir uv \
    && uv python install 3.8 3.9 3.10 3.11 3.12 3.13 \
    && chmod -R a+rX /opt/python
WORKDIR /source
COPY pyproject.toml README.md LICENSE constraints.txt ./
COPY recode_data recode_data
COPY pipeline pipeline
COPY train train
COPY data_cards data_cards

FROM base AS tests
# hadolint ignore=DL3008
RUN apt-get update \
    && apt-get install -y --no-install-recommends chromium git \
    && rm -rf /var/lib/apt/lists/*
COPY . .
RUN uv pip install "torch==2.13.0" \
    && uv pip install -c constraints.txt -e ".[dev]"
RUN useradd --create-home --uid 1000 tester && chown -R tester /source
USER 1000
CMD ["pytest", "-m", "not slow"]

FROM base AS program
RUN uv pip install -c constraints.txt .
# What is made belongs to a user without rights, as the programs that are run do.
RUN useradd --create-home --uid 1000 user && mkdir /data && chown user /data
USER 1000
WORKDIR /data
ENTRYPOINT ["recode-data"]
CMD ["--help"]
