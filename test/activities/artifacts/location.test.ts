import { homedir } from "node:os";
import { openArtifacts } from "../../../activities/artifacts/client";
import { parseLocation } from "../../../activities/artifacts/location";

describe("the location of artifacts", () => {
  it("is a folder when it has no scheme", () => {
    expect(parseLocation("~/artifacts")).toEqual({
      kind: "folder",
      folder: `${homedir()}/artifacts`,
    });
  });

  it("is a PostgreSQL that proves who it is, off this machine", () => {
    expect(parseLocation("postgres://runbooks@db.example:6432/ops")).toEqual({
      kind: "postgres",
      host: "db.example",
      port: 6432,
      user: "runbooks",
      database: "ops",
      tls: {},
      shown: "postgres://runbooks@db.example:6432/ops",
    });
  });

  it.each([
    ["postgres://u@127.0.0.1/ops", false],
    ["postgres://u@[::1]/ops", false],
    ["postgres://u@localhost/ops", false],
    ["postgres://u@localhost/ops?sslmode=verify-full", {}],
    ["postgres://u@postgresql/ops?sslmode=disable", false],
    ["postgres:///ops?host=/run/postgresql&user=u", false],
  ])("%s has TLS %j", (location, tls) => {
    expect(parseLocation(location)).toMatchObject({ kind: "postgres", tls });
  });

  it.each([
    ["s3://bucket/prefix", "scheme s3"],
    ["postgres://u:hunter2@db/ops", "a password inside the location"],
    ["postgres://u@db/ops?password=hunter2", "a password inside"],
    ["postgres://u@db", "without host, user or database"],
    ["postgres://db/ops", "without host, user or database"],
    ["postgres://u@/ops", "no URL"],
    ["postgres://u@db/ops?sslmode=require", "sslmode require"],
    ["postgres://u@db/ops?ssl=true", "unknown parameter ssl"],
    [
      "postgres://u@db/ops?sslrootcert=/no/such.pem",
      "unreadable sslrootcert /no/such.pem",
    ],
  ])("refuses %s and repeats no secret", (location, seen) => {
    const refused = () => openArtifacts({ location });
    expect(refused).toThrow(seen);
    expect(refused).toThrow(
      expect.objectContaining({
        type: "artifacts.badLocation",
        message: expect.not.stringContaining("hunter2"),
      }),
    );
  });
});
