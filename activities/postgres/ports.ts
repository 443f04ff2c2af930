import type { Ssh } from "../ssh/port";
import { createSql } from "./client";
import type { PostgresPorts } from "./port";
import { createPrograms } from "./programs";

/** The real ones: SQL by `pg`, programs over SSH. */
export const createPostgresPorts = (ssh: Ssh): PostgresPorts => ({
  sql: createSql(),
  programs: createPrograms(ssh),
});
