import type { FailureKind } from "../../activities/errors";
import { postgresFailures } from "../../activities/postgres/errors";
import { preflightFailures } from "../../activities/postgres/preflight/errors";
import { slotFailures } from "../../activities/postgres/slot/errors";
import { standbyFailures } from "../../activities/postgres/standby/errors";
import { switchoverFailures } from "../../activities/postgres/switchover/errors";
import { verificationFailures } from "../../activities/postgres/verify/errors";
import { abilities } from "../../activities/postgres/versions";
import { recordedFailures } from "../activities/postgres/recorded-failures";
import { listInPage } from "./list-in-page";

/** In the order of a person who looks a name up. */
function listOfFailures(): string {
  const items = allKinds.map(([type, { class: asks, hint }]) => {
    const seen = recordedFailures
      .filter(({ kind }) => `postgres.${kind}` === type)
      .map(({ when }) => when);
    const examples =
      seen.length === 0
        ? ""
        : `\n  _For example when ${seen.join("; when ")}._`;
    return `- \`${type}\` (${asks}): ${hint}${examples}`;
  });
  return items.sort().join("\n");
}

const named = (system: string, kinds: Readonly<Record<string, FailureKind>>) =>
  Object.entries(kinds).map(([kind, of]) => [`${system}.${kind}`, of] as const);

const allKinds = [
  ...named("postgres", postgresFailures),
  ...named("postgres", standbyFailures),
  ...named("postgres", switchoverFailures),
  ...named("preflight", preflightFailures),
  ...named("slot", slotFailures),
  ...named("verification", verificationFailures),
];

function listOfAbilities(): string {
  const majors = new Set(Object.values(abilities).map(({ since }) => since));
  return [...majors]
    .map((major) => {
      const items = Object.values(abilities)
        .filter(({ since }) => since === major)
        .map(({ what }) => `- ${what}`);
      return [`Since ${major}:`, "", ...items].join("\n");
    })
    .join("\n\n");
}

describe("a page about PostgreSQL", () => {
  it("finds one meaning of each failure", () => {
    const types = allKinds.map(([type]) => type);
    expect(types.filter((type, at) => types.indexOf(type) < at)).toEqual([]);
  });

  it("names every failure with its class, its hint and examples", () => {
    listInPage("docs/postgres-failures.md", listOfFailures());
  });

  it("says what differs between the majors", () => {
    listInPage("docs/postgres-versions.md", listOfAbilities());
  });
});
