import {
  isStopped,
  readServerLook,
} from "../../../activities/postgres/server-look";

describe("a look at a server", () => {
  it("proves it stopped by its processes and its port, not by one of them", () => {
    const look = (processes: number, answers: number) =>
      readServerLook(
        `folder present\nprocesses ${processes}\nanswers ${answers}\n`,
      );
    expect(isStopped(look(0, 2))).toBe(true);
    expect(isStopped(look(1, 2))).toBe(false);
    expect(isStopped(look(0, 0))).toBe(false);
    expect(isStopped(look(0, 1))).toBe(false);
    // pg_isready could not ask.
    expect(isStopped(look(0, 3))).toBe(false);
  });

  it("proves nothing where nothing was said", () => {
    expect(isStopped(readServerLook(""))).toBe(false);
  });

  it("finds no server where there is no data directory", () => {
    const look = readServerLook("folder absent\n");
    expect(look).toMatchObject({ folder: "absent", processes: 0 });
    expect(isStopped(look)).toBe(true);
  });

  it("knows the newest timeline of its history, which is hexadecimal", () => {
    const said = "folder present\nhistory 00000002\nhistory 0000000A\n";
    expect(readServerLook(said).newestTimeline).toBe(10);
    expect(readServerLook("folder present\n").newestTimeline).toBe(1);
  });
});
