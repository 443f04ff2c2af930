import { Redaction } from "../../../activities/host/redaction";

function blanked(secrets: readonly string[], text: string): string {
  const redaction = new Redaction();
  for (const secret of secrets) redaction.add(secret);
  return redaction.apply(text);
}

describe("what a host repeats of its secrets", () => {
  it("is blanked wherever it stands", () => {
    expect(blanked(["hunter2"], "-p hunter2: hunter2!")).toBe("-p ***: ***!");
  });

  it("is blanked whole when one secret holds another", () => {
    expect(blanked(["pass", "password"], "password")).toBe("***");
  });

  it("is blanked line by line when a secret has several", () => {
    const key = "-----BEGIN-----\nabcdef\n-----END-----";
    expect(blanked([key], "read abcdef and stopped")).toBe(
      "read *** and stopped",
    );
  });

  it("is taken as text, never as a pattern", () => {
    expect(blanked(["a.*b$&"], "a.*b$& axxb")).toBe("*** axxb");
  });

  it("stays when it is too short to be a secret", () => {
    expect(blanked(["", "on"], "on and on")).toBe("on and on");
  });
});
