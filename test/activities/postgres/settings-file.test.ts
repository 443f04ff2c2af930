import {
  conninfo,
  settingsText,
} from "../../../activities/postgres/settings-file";

describe("a line of postgresql.auto.conf", () => {
  it("keeps quotes and backslashes as they are", () => {
    expect(settingsText({ archive_command: "cp '%p' C:\\a" })).toBe(
      "archive_command = 'cp ''%p'' C:\\\\a'\n",
    );
  });
});

describe("a connection string", () => {
  it("has plain words as they are and quotes the others", () => {
    expect(
      conninfo({
        host: "10.0.0.1",
        port: 5432,
        user: "it's me",
        passfile: undefined,
      }),
    ).toBe("host=10.0.0.1 port=5432 user='it\\'s me'");
    expect(conninfo({ user: "" })).toBe("user=''");
  });
});
