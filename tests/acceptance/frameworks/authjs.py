"""Auth.js with @auth/drizzle-adapter, drizzle-kit and node-postgres, from npm."""

from __future__ import annotations

from stagecopy.model.server import Address
from tests.acceptance.frameworks.project import Project, needed

_TABLES = """
import { defineTables } from "./node_modules/@auth/drizzle-adapter/lib/pg.js"
export const { usersTable, accountsTable, sessionsTable, verificationTokensTable, authenticatorsTable } = defineTables()
"""
_CONFIG = """
export default {
  dialect: "postgresql", schema: "./tables.ts", out: "./drizzle", dbCredentials: { url: process.env.DATABASE_URL },
}
"""
_START = """
import { readFileSync } from "node:fs"
import { DrizzleAdapter } from "@auth/drizzle-adapter"
import { drizzle } from "drizzle-orm/node-postgres"
const people = JSON.parse(readFileSync(process.env.PEOPLE, "utf8"))
const database = drizzle(process.env.DATABASE_URL)
const adapter = DrizzleAdapter(database)
"""
_FILL = """
const hidden = []
const later = new Date(Date.now() + 864e5)
for (const { name, email, uid, secret, agent } of people) {
  const image = `https://avatars.canary-nest.test/u/${uid}?v=4`
  const user = await adapter.createUser({ name, email, image, emailVerified: new Date() })
  const tokens = Object.fromEntries(["access_token", "refresh_token", "id_token", "session_state"].map(
    (kind) => [kind, `${kind}.${secret}.${uid}`]))
  await adapter.linkAccount({
    userId: user.id, type: "oidc", provider: "google", providerAccountId: uid, expires_at: 1893456000,
    token_type: "bearer", scope: "openid email profile", ...tokens })
  await adapter.linkAccount({ userId: user.id, type: "email", provider: "nodemailer", providerAccountId: email })
  await adapter.createSession({ userId: user.id, sessionToken: `session.${secret}`, expires: later })
  await adapter.createVerificationToken({ identifier: email, token: `verify.${secret}`, expires: later })
  await adapter.createAuthenticator({
    userId: user.id, credentialID: `credential.${secret}`, providerAccountId: uid, counter: 7,
    credentialPublicKey: `public.${secret}.${agent}`, credentialDeviceType: "multiDevice", credentialBackedUp: true,
    transports: "internal,hybrid" })
  hidden.push(image, `credential.${secret}`, `verify.${secret}`, `session.${secret}`, ...Object.values(tokens))
}
console.log(JSON.stringify(hidden))
await database.$client.end()
"""
_READ = """
import { usersTable, accountsTable, authenticatorsTable } from "./out/tables.js"
const found = []
for (const user of await database.select().from(usersTable)) {
  const again = await adapter.getUserByEmail(user.email)
  const keys = await adapter.listAuthenticatorsByUserId(user.id)
  const account = await adapter.getAccount(keys[0].providerAccountId, "google")
  const owner = await adapter.getUserByAccount(account)
  found.push({ same: again.id === user.id && owner.id === user.id, scope: account.scope, counter: keys[0].counter })
}
console.log(JSON.stringify(found))
await database.$client.end()
"""


class AuthJs(Project):
    """One project."""

    def build(self, *packages: str) -> None:
        """Install, let drizzle-kit make the migration of the adapter's tables and run it."""
        needed("node", "npm", "npx")
        self.write("package.json", '{"name": "shop", "private": true, "type": "module"}')
        self.write("tables.ts", _TABLES)
        self.write("drizzle.config.ts", _CONFIG)
        self.run("npm", "install", "--no-audit", "--no-fund", "--loglevel=error", *packages)
        self.run("npx", "drizzle-kit", "generate")
        self.run("npx", "drizzle-kit", "migrate")

    def fill(self) -> str:
        """Users with accounts, sessions, tokens and passkeys, through the adapter; says what else is secret."""
        return self.run("node", self.write("fill.mjs", _START + _FILL))

    def read(self, at: Address) -> str:
        """What the adapter finds in a copy."""
        self.write("out/tables.js", _TABLES.replace("./node_modules", "../node_modules"))
        return self.run("node", self.write("read.mjs", _START + _READ), DATABASE_URL=at.url)
