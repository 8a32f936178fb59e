# One image for migrate, API and worker: the command and LOOPLEDGER_ROLE say which it is.
FROM node:26-bookworm-slim AS dependencies
WORKDIR /app
COPY package.json package-lock.json ./
RUN npm ci --omit=dev --ignore-scripts --no-audit --no-fund && npm cache clean --force

FROM node:26-bookworm-slim AS pages
WORKDIR /app
COPY package.json package-lock.json ./
RUN npm ci --ignore-scripts --no-audit --no-fund
COPY tsconfig.json ./
COPY docs/openapi.json docs/openapi.json
COPY web web
RUN node web/build.ts

FROM node:26-bookworm-slim
# Verifications fetch what was handed in.
RUN apt-get update && apt-get install -y --no-install-recommends ca-certificates git && rm -rf /var/lib/apt/lists/*
# What it keeps is in the database; the folder is for what the weakest sandbox unpacks.
ENV NODE_ENV=production PORT=4000 HOST=0.0.0.0 LOOPLEDGER_DATA=/tmp/loopledger
WORKDIR /app
COPY --from=dependencies /app/node_modules node_modules
COPY package.json LICENSE ./
COPY kernel kernel
COPY events events
COPY commands commands
COPY policies policies
COPY sql sql
COPY projections projections
COPY sandbox sandbox
COPY models models
COPY runs runs
COPY workers workers
COPY api api
COPY boot boot
COPY verifier verifier
COPY --from=pages /app/web/dist web/dist
USER node
EXPOSE 4000
STOPSIGNAL SIGTERM
HEALTHCHECK --interval=10s --timeout=3s --start-period=30s --retries=3 \
  CMD ["node", "-e", "fetch('http://127.0.0.1:' + process.env.PORT + '/readyz').then((answer) => process.exit(answer.ok ? 0 : 1), () => process.exit(1))"]
CMD ["node", "--max-semi-space-size=64", "boot/main.ts"]
