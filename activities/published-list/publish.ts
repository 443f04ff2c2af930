import { createHash } from "node:crypto";
import type { Ssh } from "../ssh/port";
import { publishedListError } from "./errors";
import { nextList, readList } from "./list-document";
import { missingInName } from "./name";
import { readPlace, writePlace } from "./place-file";
import { untilNothingMissing, type Patience } from "./poll";
import type { ListActivities, ListPlace, PublishedList } from "./port";
import { readServed } from "./served";

export interface ListDependencies {
  readonly ssh: Pick<Ssh, "exec">;
}

type ListOrder = Parameters<ListActivities["publishList"]>[0];

/** Writes the list, and proves that customers read it. @throws publishedList.*, ssh.* */
export async function publishList(
  { ssh }: ListDependencies,
  { place, entries, resolves, generatedAt }: ListOrder,
  patience: Patience,
  signal?: AbortSignal,
): Promise<PublishedList> {
  const there = await readPlace(ssh, place, signal);
  const before = readList(there);
  if (before === undefined && there.trim() !== "") throw foreign(place);
  const { text, syncToken } = nextList(before, entries, generatedAt);
  await writePlace(ssh, place, text, signal);
  const etag = await proveServed(place, text, patience, signal);
  await proveName(place, resolves, patience, signal);
  const sha256 = createHash("sha256").update(text).digest("hex");
  return { syncToken, sha256, etag };
}

function foreign({ path, ssh }: ListPlace) {
  const host = ssh.host.id;
  return publishedListError("foreignFile", {
    seen: `${path} on ${host} holds something else than a list`,
    facts: { path, host },
  });
}

/** @returns the ETag */
async function proveServed(
  { url, path }: ListPlace,
  text: string,
  patience: Patience,
  signal?: AbortSignal,
): Promise<string | undefined> {
  if (url === undefined) return undefined;
  let etag: string | undefined;
  const missing = await untilNothingMissing(
    async () => {
      const served = await readServed(url, text, signal);
      if ("missing" in served) return served.missing;
      etag = served.etag;
      return undefined;
    },
    patience,
    signal,
  );
  if (missing === undefined) return etag;
  throw publishedListError("notServed", {
    seen: missing,
    facts: { url, path },
  });
}

async function proveName(
  { name }: ListPlace,
  resolves: readonly string[],
  patience: Patience,
  signal?: AbortSignal,
): Promise<void> {
  if (name === undefined || resolves.length === 0) return;
  const missing = await untilNothingMissing(
    () => missingInName(name, resolves),
    patience,
    signal,
  );
  if (missing === undefined) return;
  throw publishedListError("nameWrong", {
    seen: missing,
    facts: { name: name.name },
  });
}
