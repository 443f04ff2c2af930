import { z } from "zod";

/** Names where a secret is; a secret pasted by mistake is refused before it is kept anywhere. */
export const referenceSchema = z
  .string()
  .regex(
    /^(env:[A-Za-z_][A-Za-z0-9_]*|file:~?\/.+)$/s,
    "expected a reference: env:NAME or file:/path",
  );
