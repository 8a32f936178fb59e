# Python with the scientific packages:   docker build -t loopledger-sandbox-python -f sandbox/image/python.dockerfile sandbox/image
FROM python:3.13-slim-bookworm
RUN pip install --no-cache-dir --no-compile numpy==2.3.4 pandas==2.3.3 scipy==1.16.2 sympy==1.14.0 pytest==8.4.2 \
  && find / -xdev -perm /6000 -type f -exec chmod a-s {} + \
  && mkdir -p /work
