import { asFailure } from "../../../../activities/egress/aws/api-failures";
import { awsError } from "../../../../activities/egress/aws/errors";

const place = { region: "eu-central-1" };

/** As the SDK throws what EC2 answered. */
const answered = (name: string, httpStatusCode = 400) =>
  Object.assign(new Error("as EC2 says it"), {
    name,
    $metadata: { httpStatusCode },
  });

describe("what EC2 says", () => {
  it.each([
    ["UnauthorizedOperation", "notAllowed", "human"],
    ["ExpiredToken", "notAllowed", "human"],
    ["RouteLimitExceeded", "quota", "human"],
    ["NatGatewayLimitExceeded", "quota", "human"],
    ["RequestLimitExceeded", "unavailable", "retry"],
    ["InvalidSubnetID.NotFound", "refused", "human"],
  ])("by %s is %s, which asks for %s", (name, kind, failureClass) => {
    expect(asFailure(answered(name), "CreateRoute", place)).toMatchObject({
      type: `egressAws.${kind}`,
      failureClass,
      seen: `CreateRoute in eu-central-1 failed: ${name}: as EC2 says it`,
    });
  });

  it("with a status of its own fault may be asked again", () => {
    expect(asFailure(answered("Odd", 503), "CreateTags", place)).toMatchObject({
      type: "egressAws.unavailable",
    });
  });

  it("not at all may be asked again, unless nothing was sent", () => {
    const unheard = new Error("connect ECONNREFUSED");
    const lost = Object.assign(unheard, { $metadata: { attempts: 6 } });
    expect(asFailure(lost, "CreateTags", place)).toMatchObject({
      type: "egressAws.unavailable",
    });
    const odd = new Error("Region is missing");
    expect(asFailure(odd, "CreateTags", place)).toMatchObject({
      type: "egressAws.refused",
    });
  });

  it("without credentials asks for them", () => {
    const error = Object.assign(new Error("none"), {
      name: "CredentialsProviderError",
    });
    expect(asFailure(error, "CreateTags", place)).toMatchObject({
      type: "egressAws.notAllowed",
    });
  });

  it("is left as it is when it is of the list already", () => {
    const known = awsError("gone", { seen: "it is gone" });
    expect(asFailure(known, "CreateTags", place)).toBe(known);
  });
});
