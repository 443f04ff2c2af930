import { repoint } from "../../../../activities/postgres/switchover/databases-file";

const to = { address: "10.0.0.2", port: 5433 };

describe("entries of PgBouncer", () => {
  it("lead elsewhere, and keep everything else", () => {
    const text = [
      "; a comment about shop = host=10.0.0.1",
      "shop = host=10.0.0.1 port=5432 dbname=shop pool_size=5 connect_query='select ''host=a''; select 1'",
      "other = host=10.0.0.1 port=5432",
      "",
    ].join("\n");
    expect(repoint(text, ["shop"], to)).toEqual({
      missing: [],
      text: [
        "; a comment about shop = host=10.0.0.1",
        "shop = host=10.0.0.2 port=5433 dbname=shop pool_size=5 connect_query='select ''host=a''; select 1'",
        "other = host=10.0.0.1 port=5432",
        "",
      ].join("\n"),
    });
  });

  it("get a place where they had none, whatever stands between name and words", () => {
    expect(repoint("shop=dbname=shop\n", ["shop"], to).text).toBe(
      "shop = host=10.0.0.2 port=5433 dbname=shop\n",
    );
    expect(repoint("shop =", ["shop"], to).text).toBe(
      "shop = host=10.0.0.2 port=5433",
    );
  });

  it("stay as they are when they lead there already", () => {
    const text = repoint("shop = host=a port=1 dbname=b\n", ["shop"], to).text;
    expect(repoint(text, ["shop"], to).text).toBe(text);
  });

  it("are missed by name", () => {
    expect(repoint("shop = host=a\n", ["shop", "books"], to).missing).toEqual([
      "books",
    ]);
  });
});
