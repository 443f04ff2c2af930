import { createSign, generateKeyPairSync, randomUUID } from "node:crypto";
import { once } from "node:events";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { LOOPBACK } from "./ports";

/** Stands in for a company's identity provider: whoever asks for a token gets it. */
export interface TokenIssuer {
  /** Where a server finds the public key. */
  readonly jwksUrl: string;
  /** A token for somebody; `permissions` as Temporal's claim mapper reads them, e.g. `default:write`. */
  token(subject: string, permissions: readonly string[]): string;
  stop(): Promise<void>;
}

const DAY_S = 86_400;

/** On loopback, with a key of its own that nobody else has. */
export async function startTokenIssuer(): Promise<TokenIssuer> {
  const { publicKey, privateKey } = generateKeyPairSync("rsa", {
    modulusLength: 2_048,
  });
  const kid = randomUUID();
  const jwk = { ...publicKey.export({ format: "jwk" }), kid };
  const keys = JSON.stringify({ keys: [{ ...jwk, alg: "RS256", use: "sig" }] });
  const server = createServer((_, response) => {
    response.writeHead(200, { "content-type": "application/json" }).end(keys);
  });
  server.listen(0, LOOPBACK);
  await once(server, "listening");
  const { port } = server.address() as AddressInfo;
  return {
    jwksUrl: `http://${LOOPBACK}:${port}/jwks.json`,
    token(sub, permissions) {
      const iat = Math.floor(Date.now() / 1_000);
      const signed = [
        { alg: "RS256", typ: "JWT", kid },
        { sub, permissions, iat, exp: iat + DAY_S },
      ]
        .map((part) => Buffer.from(JSON.stringify(part)).toString("base64url"))
        .join(".");
      const proof = createSign("RSA-SHA256").update(signed).sign(privateKey);
      return `${signed}.${proof.toString("base64url")}`;
    },
    async stop() {
      server.close();
      server.closeAllConnections();
      await once(server, "close");
    },
  };
}
