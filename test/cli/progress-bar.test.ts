import { countStandings } from "../../cli/host-standing";
import { countsText, progressBar } from "../../cli/progress-bar";
import { pool } from "./hosts";

const bar = (letters: string): string =>
  progressBar(countStandings(pool("web", letters)), 10);

describe("the progress bar", () => {
  it.each([
    ["wwww", "[..........] 0 %  0 of 4 hosts"],
    ["uiww", "[##........] 25 %  1 of 4 hosts"],
    ["usge", "[##########] 100 %  4 of 4 hosts"],
    ["", "[..........] 0 %  0 of 0 hosts"],
  ])("of %s is %s", (letters, text) => {
    expect(bar(letters)).toBe(text);
  });

  it("does not say 100 % before the last host, and counts no quarantined host as done", () => {
    expect(bar(`${"u".repeat(999)}q`)).toBe(
      "[#########.] 99 %  999 of 1000 hosts",
    );
  });
});

describe("counts in words", () => {
  it("leave out what there is none of", () => {
    const counts = countStandings(pool("web", "uuiq"));
    expect(countsText(counts)).toBe("2 upgraded, 1 in work, 1 quarantined");
    expect(countsText(countStandings([]))).toBe("no hosts");
  });
});
