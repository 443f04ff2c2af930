import {
  isUp,
  readFigures,
  readServers,
  type ServerFigures,
} from "../../../activities/loadbalancer/haproxy-replies";

/** Recorded from HAProxy 2.6, columns behind the last that counts cut off. */
const states = `1
# be_id be_name srv_id srv_name srv_addr srv_op_state srv_admin_state srv_uweight srv_iweight srv_time_since_last_change
3 app 1 up 127.0.0.1 2 0 1 1 0
3 app 2 drained-and-down 127.0.0.1 0 8 1 1 0
3 app 3 down 127.0.0.1 0 0 1 1 0
3 app 4 warming 127.0.0.1 1 0 1 1 0
3 app 5 leaving-by-404 127.0.0.1 3 0 1 1 0
3 app 6 maintained 127.0.0.1 0 1 1 1 0
3 app 7 disabled 127.0.0.1 0 5 1 1 0
3 app 8 tracks-a-drained-one 127.0.0.1 2 16 1 1 0
3 app 9 weightless 127.0.0.1 2 0 0 1 0
3 app 10 renamed 127.0.0.1 2 64 1 1 0
3 app 11 maintained-and-drained 127.0.0.1 0 9 1 1 0
3 app 12 spare 127.0.0.1 2 0 1 1 0

`;
const figures = `# pxname,svname,qcur,qmax,scur,smax,slim,stot,bin,bout,dreq,dresp,ereq,econ,eresp,wretr,wredis,status,weight,act,bck,chkfail,chkdown,lastchg,downtime,qlimit,pid,iid,sid,throttle,lbtot,tracked,type,rate,rate_lim,rate_max,check_status,check_code,
app,up,2,0,3,0,,0,0,0,,0,,0,0,0,0,UP,1,1,0,1,1,7,7,,1,3,1,,0,,2,0,,0,L7OK,200,
app,spare,0,0,0,0,,0,0,0,,0,,0,0,0,0,no check,1,0,1,1,1,7,7,,1,3,12,,0,,2,0,,0,,,

`;

describe("what the runtime API answers", () => {
  const rows = readServers(states + figures) ?? [];
  const row = (name: string) => rows.find((each) => each.name === name);

  it.each(["up", "warming", "renamed", "spare"])(
    "takes a server that is %s for one that carries traffic",
    (name) => expect(row(name)?.isOut).toBe(false),
  );

  it.each([
    "drained-and-down",
    "down",
    "leaving-by-404",
    "maintained",
    "disabled",
    "tracks-a-drained-one",
    "weightless",
  ])("takes a server that is %s for one that is out", (name) =>
    expect(row(name)?.isOut).toBe(true),
  );

  it("knows a drain that somebody asked for, also of a server that is down", () => {
    expect(row("drained-and-down")?.forced).toBe("drain");
    expect(row("down")?.forced).toBeUndefined();
    expect(row("tracks-a-drained-one")?.forced).toBeUndefined();
  });

  it("puts a maintenance before a drain", () => {
    expect(row("maintained")?.forced).toBe("maint");
    expect(row("maintained-and-drained")?.forced).toBe("maint");
    expect(row("disabled")?.forced).toBe("maint");
  });

  it("knows backup servers", () => {
    expect(rows.filter(({ isBackup }) => isBackup)).toEqual([row("spare")]);
  });

  it("counts sessions that wait for the server, too", () => {
    expect(readFigures(figures)?.[0]).toEqual({
      name: "up",
      sessions: 5,
      status: "UP",
      weight: 1,
      check: "L7OK",
    });
  });

  it("reads a check's result while the next one is under way", () => {
    const busy = figures.replace(",L7OK,", ",* L7OK,");
    expect(busy).not.toBe(figures);
    expect(readFigures(busy)?.[0]?.check).toBe("L7OK");
  });

  it("reads no servers as none", () => {
    expect(readFigures(figures.split("\n")[0] ?? "")).toEqual([]);
  });

  it.each([
    ["nothing", ""],
    ["another program's words", "HTTP/1.0 400 Bad request\n"],
    ["a refusal", "No such backend.\n\n"],
    ["states without figures", states],
    [
      "a state that is no number",
      states.replace(" 2 0 1 1", " x 0 1 1") + figures,
    ],
    ["a line cut off", `${states}3 app 13 half 127\n${figures}`],
  ])("takes %s for no answer", (_, text) => {
    expect(readServers(text)).toBeUndefined();
  });

  it.each([
    ["a figure that is no number", figures.replace(",2,0,3,", ",2,0,,x,")],
    ["a line cut off", `${figures}app,half`],
    ["states", states],
  ])("takes %s for no figures", (_, text) => {
    expect(readFigures(text)).toBeUndefined();
  });
});

describe("a server that its own health check calls up", () => {
  const seen = (changes: Partial<ServerFigures>): ServerFigures => ({
    name: "a",
    sessions: 0,
    status: "UP",
    weight: 1,
    check: "L7OK",
    ...changes,
  });

  it.each(["UP", "no check"])("is %s", (status) =>
    expect(isUp(seen({ status }))).toBe(true),
  );

  it.each([
    "UP 1/3",
    "DOWN",
    "DOWN 1/2",
    "NOLB",
    "MAINT",
    "DRAIN",
    "MAINT (via app/b)",
  ])("is not %s", (status) => expect(isUp(seen({ status }))).toBe(false));

  it("is as far up as it ever was when its weight is 0", () => {
    expect(isUp(seen({ status: "DRAIN", weight: 0 }))).toBe(true);
  });
});
