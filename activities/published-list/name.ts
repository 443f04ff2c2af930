import { Resolver } from "node:dns/promises";

const timeoutMs = 3_000;

/** What a name lacks of the addresses that it has to resolve to; undefined for nothing. It may have more. */
export async function missingInName(
  {
    name,
    server,
  }: { readonly name: string; readonly server?: string | undefined },
  wanted: readonly string[],
): Promise<string | undefined> {
  const resolver = new Resolver({ timeout: timeoutMs, tries: 2 });
  if (server !== undefined) resolver.setServers([server]);
  const asked = server ?? resolver.getServers().join(", ");
  try {
    const found = await resolver.resolve4(name);
    const missing = wanted.filter((address) => !found.includes(address));
    return missing.length === 0
      ? undefined
      : `${name} resolves to ${found.sort().join(", ")} at ${asked}, which lacks ${missing.join(", ")}`;
  } catch (error) {
    const { code, message } = error as NodeJS.ErrnoException;
    return `${asked} has no address of ${name} (${code ?? message})`;
  }
}
