import {
  capacityWords,
  declaredRows,
  hottest,
  isEnough,
  measuredRows,
  tooSmallWords,
} from "../../../runbooks/egress-migration/capacity";
import { gateway } from "./samples";

const hot = "198.51.100.7:443";
const settings = (connections?: number) => ({
  capacity: 50,
  needs: connections === undefined ? [] : [{ destination: hot, connections }],
});

describe("the capacity of new addresses", () => {
  it("is refused in words where a destination needs more than there are ports", () => {
    const of = { gateways: [gateway("gw-1")], usable: [] };
    const [row] = declaredRows({ ...of, settings: settings(5_100) });
    expect(isEnough(row!, settings())).toBe(false);
    expect(tooSmallWords(row!, settings())).toBe(
      "destination 198.51.100.7:443 needs 5,100 concurrent connections; 3 addresses give 384",
    );
  });

  it("leaves half of the ports to what nobody foresees", () => {
    const of = { gateways: [gateway("gw-1")], usable: [] };
    const row = (need: number) =>
      declaredRows({ ...of, settings: settings(need) })[0]!;
    expect(isEnough(row(192), settings())).toBe(true);
    expect(isEnough(row(193), settings())).toBe(false);
    expect(tooSmallWords(row(193), settings())).toBe(
      "destination 198.51.100.7:443 needs 193 concurrent connections; 3 addresses give 384, of which at most 50 % may be planned with",
    );
  });

  it("counts the addresses alone that the destination lets in", () => {
    const usable = [{ tuple: hot, addresses: ["203.0.113.102"] }];
    const of = { gateways: [gateway("gw-1")], usable };
    const [row] = declaredRows({ ...of, settings: settings(65) });
    expect(row).toMatchObject({ addresses: 1, capacity: 128 });
    expect(isEnough(row!, settings())).toBe(false);
    const [other] = measuredRows(
      { tuples: [{ gateway: "gw-1", tuple: "198.51.100.8:443", most: 65 }] },
      { ...of, settings: settings() },
    );
    expect(other).toMatchObject({ addresses: 3, capacity: 384 });
  });

  it("is proven at each gateway, for an address lives on one of them", () => {
    const gateways = [
      gateway("gw-1", { new: ["203.0.113.101", "203.0.113.102"] }),
      gateway("gw-2", { new: ["203.0.113.103"] }),
    ];
    const tuples = [
      { gateway: "gw-1", tuple: hot, most: 70 },
      { gateway: "gw-2", tuple: hot, most: 70 },
    ];
    const rows = measuredRows(
      { tuples },
      { gateways, usable: [], settings: settings() },
    );
    expect(rows.map((row) => isEnough(row, settings()))).toEqual([true, false]);
    expect(rows.map(capacityWords)).toEqual([
      "198.51.100.7:443 through gw-1: 70 of 256 (2 x 128 ports), 28 %",
      "198.51.100.7:443 through gw-2: 70 of 128 (1 x 128 ports), 55 %",
    ]);
  });

  it("spreads a declared need over the gateways as the census saw it", () => {
    const gateways = [gateway("gw-1"), gateway("gw-2")];
    const tuples = [
      { gateway: "gw-1", tuple: hot, most: 30 },
      { gateway: "gw-2", tuple: hot, most: 10 },
    ];
    const rows = measuredRows(
      { tuples },
      { gateways, usable: [], settings: settings(200) },
    );
    expect(rows.map(({ need }) => need)).toEqual([150, 50]);
  });

  it("names the hottest destinations by what all gateways need together", () => {
    const row = (gateway: string, tuple: string, need: number) => ({
      ...{ gateway, tuple, need, addresses: 3, capacity: 384 },
    });
    const rows = [
      { tuple: hot, need: 90, addresses: 3, capacity: 384 },
      row("gw-1", "198.51.100.9:443", 80),
      row("gw-2", "198.51.100.9:443", 40),
      row("gw-1", "198.51.100.8:443", 100),
    ];
    expect(hottest(rows, 2)).toEqual([
      { tuple: "198.51.100.9:443", need: 120 },
      { tuple: "198.51.100.8:443", need: 100 },
    ]);
  });
});
