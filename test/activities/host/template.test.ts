import {
  fill,
  hostPlaceholders,
  hostValues,
  placeholders,
} from "../../../activities/host/template";
import { hostSchema } from "../../../activities/inventory/port";

const host = hostSchema.parse({
  id: "web-1",
  address: "10.0.0.1",
  zone: "a",
  tags: { rack: "r7" },
});

describe("filling in a command's words", () => {
  it("puts values in, blanks around the name or not", () => {
    const values = { version: "2.0", "host.id": "web-1" };
    expect(fill("{{version}}/{{ host.id }}", values)).toBe("2.0/web-1");
  });

  it("takes a value as it stands, also when it looks like a placeholder or a pattern", () => {
    expect(fill("{{a}}", { a: "$& {{b}} $1", b: "x" })).toBe("$& {{b}} $1");
  });

  it("leaves alone what has no value", () => {
    expect(fill("{{a}} {{ }} {{.State}} {b}", { b: "x" })).toBe(
      "{{a}} {{ }} {{.State}} {b}",
    );
  });

  it("finds each name once", () => {
    expect(
      placeholders(["{{a}} {{b.c}}", "{{ a }} {{.State.Status}}"]),
    ).toEqual(["a", "b.c"]);
  });
});

describe("the values of a host", () => {
  it("are there for every placeholder that is offered", () => {
    const values = hostValues(host);
    for (const name of hostPlaceholders) expect(values[name]).toBeDefined();
  });

  it("hold its tags, and its id where it has no name", () => {
    expect(hostValues(host)).toMatchObject({
      "host.name": "web-1",
      "host.zone": "a",
      "host.site": "",
      "host.tags.rack": "r7",
    });
  });
});
