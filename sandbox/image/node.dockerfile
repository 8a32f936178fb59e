# Node alone:   docker build -t loopledger-sandbox-node -f sandbox/image/node.dockerfile sandbox/image
FROM node:26-bookworm-slim
RUN find / -xdev -perm /6000 -type f -exec chmod a-s {} + && mkdir -p /work
