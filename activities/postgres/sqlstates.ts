import type { PostgresFailure } from "./errors";

/**
 * What a code alone says, in whatever language its message is: SQLSTATEs (PostgreSQL's documentation, appendix A), and those of
 * sockets and TLS in Node. A key is a code or its beginning; the longest that fits counts. Codes that say little by themselves
 * (55000 "object not in prerequisite state", 58P01 "undefined file") are left out on purpose.
 */
export const failureByCode: Readonly<Record<string, PostgresFailure>> = {
  "08000": "unreachable",
  "08001": "unreachable",
  "08003": "connectionLost",
  "08004": "unreachable",
  "08006": "connectionLost",
  "25006": "readOnly",
  "28": "authFailed",
  "3D000": "noDatabase",
  "40": "conflicted",
  "42501": "notPermitted",
  "53100": "diskFull",
  "53200": "outOfMemory",
  "53300": "tooManyConnections",
  "55P03": "lockTimeout",
  "57014": "cancelled",
  "57P01": "connectionLost",
  "57P02": "crashed",
  "57P03": "notAccepting",
  "57P04": "noDatabase",
  "57P05": "connectionLost",
  XX001: "pageDamaged",
  XX002: "corruption",

  ECONNREFUSED: "unreachable",
  EAI_: "unreachable",
  EHOSTDOWN: "unreachable",
  EHOSTUNREACH: "unreachable",
  ENETUNREACH: "unreachable",
  ENOENT: "unreachable",
  ENOTFOUND: "unreachable",
  ETIMEDOUT: "unreachable",
  ECONNRESET: "connectionLost",
  EPIPE: "connectionLost",

  CERT_: "tlsRefused",
  DEPTH_ZERO_SELF_SIGNED_CERT: "tlsRefused",
  EPROTO: "tlsRefused",
  ERR_SSL_: "tlsRefused",
  ERR_TLS_: "tlsRefused",
  SELF_SIGNED_CERT_IN_CHAIN: "tlsRefused",
  UNABLE_TO_: "tlsRefused",
};
