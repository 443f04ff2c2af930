import { startNetworkLab } from "../../../lab/network/lab";

describe("a machine that cannot have a network lab", () => {
  const platform = Object.getOwnPropertyDescriptor(process, "platform");
  afterEach(() => {
    if (platform) Object.defineProperty(process, "platform", platform);
  });

  it("is told so before anything is written", async () => {
    Object.defineProperty(process, "platform", { value: "darwin" });
    await expect(
      startNetworkLab({ dir: "/nonexistent/lab" }),
    ).rejects.toMatchObject({
      type: "lab.networkMissing",
      message: expect.stringContaining("Linux's") as string,
    });
  });
});
