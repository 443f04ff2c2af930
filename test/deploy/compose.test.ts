import { existsSync, readFileSync } from "node:fs";
import path from "node:path";
import Ajv from "ajv/dist/2020";
import { searchAttributes } from "../../lab/temporal/search-attributes";
import { readCompose, root } from "./compose-file";
import { composeSchema } from "./compose-schema";

const compose = readCompose();
const services = Object.entries(compose.services).map(([name, service]) => ({
  name,
  service,
}));
const textOf = (file: string) => readFileSync(path.join(root, file), "utf8");

/** Runs to an end and is started again only when it failed. */
const isJob = (restart: string) => restart.startsWith("on-failure");

describe("docker-compose.yml", () => {
  it("follows the Compose specification", () => {
    const validate = new Ajv({ allErrors: true, strictTuples: false }).compile(
      composeSchema,
    );
    validate(compose);
    expect(validate.errors ?? []).toEqual([]);
  });

  it("runs the server, its database, its UI, its two jobs and a worker", () => {
    expect(services.map(({ name }) => name).sort()).toEqual(
      ["namespace", "postgresql", "schema", "temporal", "ui", "worker"].sort(),
    );
  });

  it("uses the schema tools of the very server that it starts", () => {
    const tags = ["schema", "temporal", "namespace"].map((name) =>
      compose.services[name]?.image.split(":").at(-1),
    );
    expect(new Set(tags).size).toBe(1);
  });

  it("names the version of this package as the worker's image", () => {
    const { version } = JSON.parse(textOf("package.json")) as {
      version: string;
    };
    expect(compose.services["worker"]?.image).toBe(
      `upgrade-runbooks:${version}`,
    );
  });

  it("makes the search attributes that runbooks set, with their types", () => {
    const made = [
      ...textOf("deploy/namespace.sh").matchAll(/^attribute (\w+) (\w+)$/gm),
    ].map(([, name, type]) => ({ name, type }));
    expect(made).toEqual(searchAttributes);
  });

  it("refuses no file that the worker's image needs", () => {
    const kept = textOf(".dockerignore").match(/^!.+$/gm) ?? [];
    const { include } = JSON.parse(textOf("tsconfig.build.json")) as {
      include: string[];
    };
    const needed = [...include, "bin", "package.json", "package-lock.json"];
    expect(kept).toEqual(
      expect.arrayContaining(needed.map((name) => `!${name}`)),
    );
  });

  describe.each(services)("service $name", ({ service }) => {
    it("has an image of one exact version", () => {
      expect(service.image).toMatch(/^[\w./-]+:\d+(\.\d+)+(-[\w.]+)?$/);
      expect(service.image).not.toContain("auto-setup");
    });

    it("does not run as root", () => {
      expect(service.user).toMatch(/^[1-9]\d*:[1-9]\d*$/);
    });

    it("is watched while it runs, or ends by itself", () => {
      const built =
        service.build !== undefined &&
        /^HEALTHCHECK /m.test(textOf("Dockerfile"));
      const watched = service.healthcheck !== undefined || built;
      expect(watched).toBe(!isJob(service.restart));
    });

    it("is reached from this machine only", () => {
      for (const port of service.ports ?? [])
        expect(port).toMatch(/^127\.0\.0\.1:\d+:\d+$/);
    });

    it("waits for jobs to end and for services to be healthy", () => {
      for (const [name, { condition }] of Object.entries(
        service.depends_on ?? {},
      )) {
        const other = compose.services[name];
        expect(condition).toBe(
          isJob(other?.restart ?? "")
            ? "service_completed_successfully"
            : "service_healthy",
        );
      }
    });

    it("holds no secret, only the names of secret files", () => {
      const suspects = Object.entries(service.environment).filter(([name]) =>
        /PASS|PWD|SECRET|TOKEN|KEY/.test(name),
      );
      for (const [, value] of suspects)
        expect(value).toMatch(/^\/run\/secrets\/\w+$/);
      expect(JSON.stringify(service)).not.toMatch(/:\/\/[^/"@]*:[^/"@]*@/);
    });

    it("is given each secret that it names", () => {
      const words = [
        ...Object.values(service.environment),
        ...(service.command ?? []),
      ].join("\n");
      const named = [
        ...words.matchAll(/\/run\/secrets\/(\w+)|^[A-Z_]+=(\w+)$/gm),
      ].map(([, file, exported]) => file ?? exported);
      expect(service.secrets ?? []).toEqual(expect.arrayContaining(named));
      for (const name of service.secrets ?? [])
        expect(compose.secrets).toHaveProperty(name);
    });

    it("mounts what is there", () => {
      for (const volume of service.volumes ?? []) {
        const [source = ""] = volume.split(":");
        const known = source.startsWith("./")
          ? existsSync(path.join(root, source))
          : source in compose.volumes;
        expect({ source, known }).toEqual({ source, known: true });
      }
    });
  });
});
