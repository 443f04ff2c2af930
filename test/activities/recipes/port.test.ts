import { configurationSchema } from "../../../activities/configuration/port";
import { parse } from "../../../activities/faults";
import { hostContractSchema } from "../../../activities/host/port";
import { placeholders } from "../../../activities/host/template";

const targets = { prod: { inventory: { file: "hosts.yaml" } } };
const subject = { system: "config", what: "runbooks.yaml" } as const;
const contractOf = (component: unknown) => {
  const raw = { targets, components: { shop: component } };
  return parse(configurationSchema, raw, subject).components["shop"];
};
const faultOf = (component: unknown): string => {
  try {
    contractOf(component);
  } catch (error) {
    return (error as Error).message;
  }
  throw new Error("it was accepted");
};

const sum = "a".repeat(64);
const recipes = {
  git: { kind: "git", url: "git@example.com:shop.git", dir: "/opt/shop" },
  tarball: {
    kind: "tarball",
    url: "https://example.com/shop-{{version}}.tar.gz",
    sha256: { "1.4.2": sum },
    dir: "/opt/shop",
  },
  apt: { kind: "apt", packages: ["shop"], reboot: "if-required" },
  docker: { kind: "docker", image: "example.com/shop", container: "shop" },
  systemd: { kind: "systemd", unit: "shop.service", variable: "SHOP_VERSION" },
  command: { kind: "command", apply: ["install"], version: ["show"] },
};

describe.each(Object.entries(recipes))("the recipe %s", (kind, recipe) => {
  it("becomes a plain host contract, the same each time", () => {
    const contract = contractOf({ recipe, minReadyS: 3 });
    expect(hostContractSchema.parse(contract)).toEqual(contract);
    expect(contractOf({ recipe, minReadyS: 3 })).toEqual(contract);
    expect(contract).toMatchObject({ minReadyS: 3, readyPollS: 1 });
    if (kind !== "command") expect(contract?.steps.undo).toBeDefined();
  });

  it("puts values into the environment, never into a script", () => {
    const steps = Object.values(contractOf({ recipe })?.steps ?? {});
    for (const step of steps) {
      if (step === undefined) continue;
      const script = "script" in step ? (step.script ?? "") : "";
      const texts = kind === "command" ? [] : [script, ...(step.run ?? [])];
      expect(placeholders(texts)).toEqual([]);
      for (const text of texts)
        expect(text).not.toMatch(/example\.com|\/opt\/shop|1\.4\.2/);
    }
  });

  it("takes steps of its own and changes to steps", () => {
    const contract = contractOf({
      recipe,
      steps: {
        restart: { run: ["systemctl", "restart", "shop"] },
        apply: { timeoutS: 77, env: { A: "b" } },
        version: { run: ["curl", "-fsS", "http://127.0.0.1/version"] },
      },
      extra: [{ name: "warm", after: "restart", run: ["warm"] }],
    });
    const plain = contractOf({ recipe });
    expect(contract?.steps.restart).toEqual({
      run: ["systemctl", "restart", "shop"],
    });
    expect(contract?.steps.apply).toEqual({
      ...plain?.steps.apply,
      timeoutS: 77,
      env: { ...plain?.steps.apply.env, A: "b" },
    });
    expect(contract?.steps.version.run[0]).toBe("curl");
    expect(contract?.extra.map(({ name }) => name)).toContain("warm");
  });
});

describe("a recipe with a mistake", () => {
  it.each([
    ["an unknown kind", { kind: "rpm" }, /recipe\.kind: found "rpm"/],
    [
      "a misspelt field",
      { ...recipes.git, direcory: "/x" },
      /recipe\.direcory: found an unknown key/,
    ],
    [
      "no folder",
      { ...recipes.git, dir: undefined },
      /recipe\.dir: found nothing/,
    ],
    [
      "the root as its folder",
      { ...recipes.git, dir: "/" },
      /recipe\.dir: .*below/,
    ],
    [
      "a folder that climbs",
      { ...recipes.git, dir: "/opt/../etc" },
      /recipe\.dir/,
    ],
    [
      "an option for a repository",
      { ...recipes.git, url: "--upload-pack=x" },
      /recipe\.url/,
    ],
    [
      "a helper for a repository",
      { ...recipes.git, url: "ext::sh -c id" },
      /recipe\.url/,
    ],
    [
      "a password in a URL",
      { ...recipes.git, url: "https://u:p@example.com/x" },
      /recipe\.url: .*without a password/,
    ],
    [
      "half a commit as a pin",
      { ...recipes.git, pins: { v1: "abc" } },
      /recipe\.pins\.v1: .*full commit/,
    ],
    [
      "no checksum",
      { ...recipes.tarball, sha256: undefined },
      /recipe\.sha256: .*checksum/,
    ],
    [
      "a short checksum",
      { ...recipes.tarball, sha256: { "1": "ab" } },
      /recipe\.sha256/,
    ],
    [
      "an option for a package",
      { ...recipes.apt, packages: ["-f"] },
      /recipe\.packages\[0\]/,
    ],
    [
      "no package",
      { ...recipes.apt, packages: [] },
      /recipe\.packages: .*at least/,
    ],
    [
      "another word for a reboot",
      { ...recipes.apt, reboot: "sometimes" },
      /recipe\.reboot: .*if-required/,
    ],
    [
      "a tag in an image",
      { ...recipes.docker, image: "shop:1" },
      /recipe\.image: .*without a tag/,
    ],
    [
      "no command",
      { kind: "command", version: ["v"] },
      /recipe\.apply: found nothing/,
    ],
  ])("is refused for %s", (_title, recipe, message) => {
    const told = faultOf({ recipe });
    expect(told).toMatch(message);
    expect(told).toContain("runbooks.yaml has 1 fault:");
    expect(told).toContain("components.shop.");
  });

  it("is refused for a step without a command that the recipe has not", () => {
    const steps = { restart: { timeoutS: 5 } };
    expect(faultOf({ recipe: recipes.git, steps })).toMatch(
      /steps\.restart: .*exactly one of/,
    );
  });

  it("is refused for a step of its own with the name of one of the recipe's", () => {
    const extra = [{ name: "settle", after: "apply", run: ["x"] }];
    expect(faultOf({ recipe: recipes.git, extra })).toMatch(
      /extra\[0\]\.name: found "settle", expected another name/,
    );
  });

  it("leaves the words about a plain contract as they were", () => {
    expect(faultOf({ steps: { version: { run: ["v"] } } })).toMatch(
      /components\.shop\.steps\.apply: found nothing/,
    );
  });
});
