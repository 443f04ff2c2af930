/**
 * Fills `{{name}}` in the words of a command. Words stay words: a value with spaces or quotes is still one argument.
 * Pure, so that a plan can show and a visit can run the same words.
 */
export type TemplateValues = Readonly<Record<string, string | undefined>>;

/** Begins with a letter: `{{.State}}` belongs to the template language of another program. */
const placeholder = /\{\{\s*([A-Za-z][A-Za-z0-9_.-]*)\s*\}\}/g;

/** Leaves a placeholder without a value as it stands. */
export function fill(text: string, values: TemplateValues): string {
  return text.replace(
    placeholder,
    (whole, name: string) => values[name] ?? whole,
  );
}

/** Names of the placeholders in the texts, each once. */
export function placeholders(texts: readonly string[]): string[] {
  const names = texts.flatMap((text) =>
    [...text.matchAll(placeholder)].map(([, name]) => name ?? ""),
  );
  return [...new Set(names)];
}

export interface TemplateHost {
  readonly id: string;
  readonly name?: string | undefined;
  readonly address: string;
  readonly pool: string;
  readonly zone?: string | undefined;
  readonly site?: string | undefined;
  readonly tags: Readonly<Record<string, string>>;
}

export const hostPlaceholders = [
  "id",
  "name",
  "address",
  "pool",
  "zone",
  "site",
].map((field) => `host.${field}`);

export function hostValues(host: TemplateHost): TemplateValues {
  const tags = Object.entries(host.tags).map(
    ([tag, value]) => [`host.tags.${tag}`, value] as const,
  );
  return {
    "host.id": host.id,
    "host.name": host.name ?? host.id,
    "host.address": host.address,
    "host.pool": host.pool,
    "host.zone": host.zone ?? "",
    "host.site": host.site ?? "",
    ...Object.fromEntries(tags),
  };
}
