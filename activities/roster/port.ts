import { z } from "zod";
import { idSchema } from "../inventory/port";

const aliasSchema = z
  .string()
  .min(1)
  .max(256)
  .regex(
    /^\S(.*\S)?$/s,
    "expected a name without spaces around it, such as ada@example.com",
  );

/** As `ssh-keygen` writes it into `*.pub`; before the type it may say how long it counts. */
const publicKeySchema = z
  .string()
  .max(20_000)
  .regex(
    /^(\S+\s+)?(ssh|ecdsa|sk)-[\w@.-]+\s+[A-Za-z0-9+/]+={0,2}(\s.*)?$/,
    "expected a line of a public key, such as ssh-ed25519 AAAA... ada\nhint: it is the content of ~/.ssh/id_ed25519.pub; a private key never belongs here",
  );

const personSchema = z.strictObject({
  name: idSchema,
  /** Other names of the same person: mail addresses, Temporal identities, ids of the chat, subjects of tokens. */
  aliases: z.array(aliasSchema).default([]),
  publicKeys: z.array(publicKeySchema).default([]),
  groups: z.array(idSchema).default([]),
});
export type Person = z.output<typeof personSchema>;

/** What speaks for people whom it hears, such as the endpoint of the chat; it signs for them by a key of its own. */
const channelSchema = z.strictObject({
  name: idSchema,
  publicKeys: z.array(publicKeySchema).min(1),
});

/** Who there is. No name means two people, and no group is called as a person is. */
export const rosterSchema = z
  .strictObject({
    people: z.array(personSchema).min(1),
    /** A role such as `primary` to the names of those who have it now. */
    onCall: z.record(idSchema, z.array(idSchema)).default({}),
    channels: z
      .array(channelSchema)
      .refine(
        (channels) =>
          new Set(channels.map(({ name }) => name)).size === channels.length,
        "expected each channel once",
      )
      .default([]),
  })
  .superRefine(refuseAmbiguity);
export type RosterDocument = z.output<typeof rosterSchema>;

type Context = z.core.$RefinementCtx<RosterDocument>;

function refuseAmbiguity(roster: RosterDocument, context: Context): void {
  const { people, onCall } = roster;
  const owners = new Map<string, string>();
  const say = (path: PropertyKey[], message: string): void =>
    context.addIssue({ code: "custom", path, message });
  people.forEach(({ name, aliases }, index) => {
    const names = [
      { path: ["people", index, "name"], text: name },
      ...aliases.map((text, alias) => ({
        path: ["people", index, "aliases", alias],
        text,
      })),
    ];
    for (const { path, text } of names) {
      const owner = owners.get(folded(text));
      if (owner !== undefined)
        say(
          path,
          `expected a name that means one person; ${owner} has it, too`,
        );
      else owners.set(folded(text), name);
    }
  });
  const names = new Set(people.map(({ name }) => folded(name)));
  const groups = new Set(people.flatMap((person) => person.groups).map(folded));
  people.forEach((person, index) =>
    person.groups.forEach((group, at) => {
      if (names.has(folded(group)))
        say(
          ["people", index, "groups", at],
          "expected a group that is not called as a person is",
        );
    }),
  );
  for (const [role, members] of Object.entries(onCall)) {
    if (names.has(folded(role)) || groups.has(folded(role)))
      say(
        ["onCall", role],
        "expected a role that is called neither as a person nor as a group",
      );
    members.forEach((member, at) => {
      if (!names.has(folded(member)))
        say(
          ["onCall", role, at],
          `expected the name of one of the people\nhint: list ${member} under people`,
        );
    });
  }
}

/** Names are compared without regard to case, as mail addresses are. */
export const folded = (name: string): string => name.trim().toLowerCase();

/** Where people come from: exactly one of `file` and `command`. Paths are relative to the configuration file. */
export const rosterSourceSchema = z
  .strictObject({
    file: z.string().min(1).optional(),
    /** Words, never a shell line; prints the roster as JSON, as a wrapper of an on-call service does. */
    command: z.array(z.string().min(1)).min(1).optional(),
    /** Of the command; default 10. Somebody waits for it. */
    timeoutS: z.number().min(0.1).max(60).optional(),
    /** Folder the command runs in; default: that of the configuration file. */
    cwd: z.string().min(1).optional(),
  })
  .refine(
    ({ file, command }) => (file === undefined) !== (command === undefined),
    "expected exactly one of file and command",
  )
  .refine(
    ({ command, timeoutS, cwd }) =>
      command !== undefined || (timeoutS === undefined && cwd === undefined),
    "expected timeoutS and cwd only beside command",
  );
export type RosterSource = z.output<typeof rosterSourceSchema>;

export interface Roster {
  /** Who there is at this moment: asked anew each time. @throws roster.* */
  read(source: RosterSource): Promise<RosterDocument>;
}
