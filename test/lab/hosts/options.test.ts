import { labSettings } from "../../../lab/hosts/options";

describe("the options of a lab", () => {
  test("take 40 hosts with their service by default", () => {
    expect(labSettings({ dir: "/tmp/lab" })).toMatchObject({
      hosts: 40,
      pools: 4,
      service: true,
      version: "1.0.0",
    });
  });

  test("are refused with all that is wrong, faults included", () => {
    const start = () =>
      labSettings({
        dir: "/tmp/lab",
        hosts: 501,
        faults: ["fail", "db-*:auth"],
      });
    expect(start).toThrow(
      /3 faults.*faults\[0\].*faults\[1\].*hosts: found 501.*service: false/s,
    );
  });

  test.each([
    [{ hosts: 0 }, "hosts"],
    [{ hosts: 10_001 }, "hosts"],
    [{ pools: 9 }, "pools"],
    [{ version: "2.0.0-broken" }, "a version that starts"],
    [{ version: "../x" }, "a version that starts"],
    [{ user: "a b" }, "a user name"],
    [{ basePort: 80 }, "basePort"],
  ])("%j is refused", (options, expected) => {
    expect(() => labSettings({ dir: "/tmp/lab", ...options })).toThrow(
      expected,
    );
  });
});
