import { describeFaults, type Fault } from "../faults";
import type { AliasValues } from "./hosts";
import { settingsOf, type SshKeyword, type SshSetting } from "./ssh-config";
import { jumpsOf } from "./ssh-args";

const hopPattern =
  /^(?:([^@]+)@)?(?:\[([^\]]+)\]|([^:]+)|([^\]]*:.*:.*))(?::(\d+))?$/;

/**
 * Answers what a configuration of ssh says about an address: first match wins. Jump hosts may be aliases too.
 *
 * @param file for messages
 */
export function createAliases(
  settings: readonly SshSetting[],
  file: string,
): (address: string) => AliasValues {
  const aliases = new Aliases(settings, file);
  return (address) => aliases.lookUp(address, []);
}

class Aliases {
  constructor(
    private readonly settings: readonly SshSetting[],
    private readonly file: string,
  ) {}

  /** @param way the names that lead here, from the host on */
  lookUp(address: string, way: readonly string[]): AliasValues {
    const found = settingsOf(address, this.settings);
    const hostName = found.get("hostname");
    const port = found.get("port");
    const user = found.get("user");
    const jump = this.#jumps(found, [...way, address]);
    return {
      ...(hostName && { address: this.#fillIn(hostName, address) }),
      ...(port && { port: this.#port(port) }),
      ...(user && { user: user.value }),
      ...(jump.length > 0 && { jump }),
    };
  }

  #jumps(
    found: ReadonlyMap<SshKeyword, SshSetting>,
    way: readonly string[],
  ): string[] {
    const proxy = firstProxy(found, this.settings);
    if (proxy === undefined || /^none$/i.test(proxy.value.trim())) return [];
    if (proxy.keyword === "proxycommand")
      throw this.#refusal({
        path: proxy.at,
        found: `a ProxyCommand for ${way.at(-1)}`,
        expected: "ProxyJump [user@]address[:port]",
      });
    // Only the first hop is reached from here, so only its own jumps count; the others are reached from the one before.
    return jumpsOf(proxy.value).flatMap((hop, index) => {
      const { text, jump } = this.#hop(hop, { proxy, way });
      return index === 0 ? [...jump, text] : [text];
    });
  }

  #hop(
    hop: string,
    { proxy, way }: { proxy: SshSetting; way: readonly string[] },
  ): { readonly text: string; readonly jump: readonly string[] } {
    const [, user, bracketed, plain, bare, port] = hopPattern.exec(hop) ?? [];
    const name = bracketed ?? plain ?? bare;
    if (name === undefined) return { text: hop, jump: [] };
    if (way.includes(name))
      throw this.#refusal({
        path: proxy.at,
        found: `a way to ${way[0]} that leads through ${name} again`,
        expected: "jump hosts that do not jump through themselves",
        hint: `exclude it from the pattern, as in: Host * !${name}`,
      });
    const alias = this.lookUp(name, way);
    const text = hopText({
      user: user ?? alias.user,
      address: alias.address ?? name,
      port: port ?? alias.port,
    });
    return { text, jump: alias.jump ?? [] };
  }

  #port({ value, at }: SshSetting): number {
    const port = Number(value);
    if (Number.isInteger(port) && port >= 1 && port <= 65_535) return port;
    throw this.#refusal({
      path: at,
      found: `Port ${value}`,
      expected: "a number from 1 to 65535",
    });
  }

  #fillIn({ value, at }: SshSetting, name: string): string {
    return value.replace(/%(.?)/g, (_, token: string) => {
      if (token === "h") return name;
      if (token === "%") return "%";
      throw this.#refusal({
        path: at,
        found: `HostName ${value}`,
        expected: "no token but %h and %%",
      });
    });
  }

  #refusal(fault: Fault): Error {
    return describeFaults([fault], {
      system: "inventory",
      what: `SSH configuration ${this.file}`,
    });
  }
}

/** Of ProxyJump and ProxyCommand, as in ssh, the one that stands first. */
function firstProxy(
  found: ReadonlyMap<SshKeyword, SshSetting>,
  settings: readonly SshSetting[],
): SshSetting | undefined {
  const jump = found.get("proxyjump");
  const command = found.get("proxycommand");
  if (jump === undefined || command === undefined) return jump ?? command;
  return settings.indexOf(jump) < settings.indexOf(command) ? jump : command;
}

interface Place {
  readonly user: string | undefined;
  readonly address: string;
  readonly port: string | number | undefined;
}

function hopText({ user, address, port }: Place): string {
  const host = address.includes(":") ? `[${address}]` : address;
  return `${user === undefined ? "" : `${user}@`}${host}${port === undefined ? "" : `:${port}`}`;
}
