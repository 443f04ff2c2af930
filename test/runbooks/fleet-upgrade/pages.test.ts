import fc from "fast-check";
import { pageOf, rowOf } from "../../../runbooks/fleet-upgrade/pages";
import { check } from "../../harness/properties";
import { host, hostsOf } from "./samples";

const allRows = (plan: Parameters<typeof pageOf>[0]) =>
  Array.from({ length: pageOf(plan, 0).pages }, (_, page) => [
    ...pageOf(plan, page).rows,
  ]);

describe("the pages of a plan", () => {
  it("hold what the workflow needs of a host, and the nearest jump host", () => {
    const jump = ["near.example", "far.example"];
    const full = host("web-1", "web", { zone: "a", site: "fra", jump });
    expect(rowOf(full)).toEqual({
      id: "web-1",
      pool: "web",
      zone: "a",
      site: "fra",
      jump: "near.example",
    });
    expect(rowOf(host("web-2"))).toEqual({ id: "web-2", pool: "web" });
  });

  it("hold 500 rows at most", () => {
    const pages = allRows({ hosts: hostsOf({ web: 1_001 }) });
    expect(pages.map(({ length }) => length)).toEqual([500, 500, 1]);
  });

  it("turn earlier where hosts have long names", () => {
    const long = "x".repeat(110);
    const hosts = Array.from({ length: 500 }, (_, n) =>
      host(`${long}-${n}`, long),
    );
    expect(pageOf({ hosts }, 0).pages).toBe(3);
  });

  it("are empty behind the last one", () => {
    expect(pageOf({ hosts: hostsOf({ web: 3 }) }, 1)).toEqual({
      rows: [],
      pages: 1,
    });
  });

  it("hold each row once, in order, in payloads of 48 KB, whatever hosts are called", () => {
    const name = fc
      .tuple(fc.nat(9_999), fc.integer({ min: 1, max: 120 }))
      .map(([n, length]) => `h${n}`.padEnd(length, "x"));
    check(
      fc.property(
        fc.uniqueArray(name, { maxLength: 900, size: "max" }),
        fc.option(fc.constant(["bastion-ä.example:2222"])),
        (ids, jump) => {
          const hosts = ids.map((id) =>
            host(id, id, jump === null ? {} : { jump }),
          );
          const pages = allRows({ hosts });
          expect(pages.flat()).toEqual(hosts.map(rowOf));
          for (const page of pages) {
            expect(page.length).toBeLessThanOrEqual(500);
            expect(Buffer.byteLength(JSON.stringify(page))).toBeLessThanOrEqual(
              48_002,
            );
          }
        },
      ),
      25,
    );
  });
});
