# The service as it is: Node strips the types itself, so nothing is built.
FROM node:24-slim
ENV NODE_ENV=production
WORKDIR /app
# No dependency needs a script of its own.
COPY package.json package-lock.json .npmrc ./
RUN npm ci --omit=dev --ignore-scripts --no-audit --no-fund && npm cache clean --force
COPY model.fga openapi.json ./
COPY scripts ./scripts
COPY src ./src
# The one place it writes to: mails, where no SMTP server is set.
RUN mkdir -m 700 .concordat && chown node:node .concordat
USER node
CMD ["node", "src/main.ts"]
