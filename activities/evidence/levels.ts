/**
 * How sure it is who answered, weakest first. `claimed`: a name that anybody could have typed. `signed`: by a key that the
 * roster has for that person. `server`: the Temporal server itself knows who called it.
 */
export const evidenceLevels = ["claimed", "signed", "server"] as const;
export type EvidenceLevel = (typeof evidenceLevels)[number];
