# arm64 and amd64 alike: what runs is JavaScript and WebAssembly, but for the serial port, whose package brings both. Nothing is compiled.

FROM node:20-bookworm-slim AS build
WORKDIR /app
COPY package.json package-lock.json .npmrc ./
RUN npm ci
COPY tsconfig.json tsconfig.build.json tsconfig.browser.json ./
COPY src src
COPY migrations migrations
RUN npm run build && chmod +x dist/src/cli.js

FROM node:20-bookworm-slim AS dependencies
WORKDIR /app
COPY package.json package-lock.json .npmrc ./
RUN npm ci --omit=dev --ignore-scripts
# What their packages hold for other systems and for debugging: a third of the image's modules.
RUN find node_modules/sql.js/dist -type f ! -name 'sql-wasm.*' -delete; \
  find node_modules/@serialport/bindings-cpp/prebuilds -type f ! -path '*/linux-*' -delete

FROM node:20-bookworm-slim
ENV NODE_ENV=production DATA_DIR=/data
WORKDIR /app
COPY --from=dependencies /app/node_modules node_modules
COPY --from=build /app/dist dist
COPY --from=build /app/src/dashboard/styles src/dashboard/styles
COPY package.json LICENSE NOTICE ./
RUN ln -s /app/dist/src/cli.js /usr/local/bin/meshmon && install -d -o node -g node /data
USER node
EXPOSE 8080
STOPSIGNAL SIGTERM
HEALTHCHECK --interval=10s --timeout=5s --start-period=60s --retries=3 \
  CMD ["node", "-e", "fetch(`http://127.0.0.1:${process.env.PORT || 8080}/healthz`).then((answer) => process.exit(answer.ok ? 0 : 1), () => process.exit(1))"]
CMD ["meshmon", "serve"]
