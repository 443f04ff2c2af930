import { isRunbookError, type RunbookError } from "../../errors";
import type { Place } from "./ec2";
import { awsError, type awsFailures } from "./errors";

/** What EC2 says, by the code of its answer or the name of the SDK's own error. */
const known: readonly (readonly [RegExp, keyof typeof awsFailures])[] = [
  [
    /^(UnauthorizedOperation|AuthFailure|ExpiredToken|RequestExpired|InvalidClientTokenId|SignatureDoesNotMatch|OptInRequired|CredentialsProviderError|TokenProviderError)$/,
    "notAllowed",
  ],
  [
    /^(RouteLimitExceeded|NatGatewayLimitExceeded|AddressLimitExceeded|TagLimitExceeded|.*QuotaExceeded|PrivateIpAddressLimitExceeded)$/,
    "quota",
  ],
  [
    /^(RequestLimitExceeded|Throttling.*|TooManyRequestsException|InternalError|InternalFailure|ServiceUnavailable|Unavailable|TimeoutError|NetworkingError)$/,
    "unavailable",
  ],
];

interface SdkError {
  readonly name?: string;
  readonly message?: string;
  /** Of the operating system, such as ECONNREFUSED. */
  readonly code?: string;
  readonly $metadata?: {
    readonly httpStatusCode?: number;
    /** Absent when nothing was sent. */
    readonly attempts?: number;
  };
}

/** `InvalidRoute.NotFound` and its kin. */
export const codeOf = (error: unknown): string =>
  String((error as SdkError | undefined)?.name ?? "");

/** An error of the SDK as one of our list; others as they are. */
export function asFailure(
  error: unknown,
  call: string,
  { region }: Place,
): RunbookError {
  if (isRunbookError(error)) return error;
  const { message = "", code, $metadata } = error as SdkError;
  const name = codeOf(error);
  const { httpStatusCode: status, attempts } = $metadata ?? {};
  const listed = known.find(([pattern]) => pattern.test(name))?.[1];
  const noAnswer =
    status === undefined
      ? code !== undefined || attempts !== undefined
      : status >= 500;
  const kind = listed ?? (noAnswer ? "unavailable" : "refused");
  const said = [code ?? name, message].filter((word) => word !== "").join(": ");
  return awsError(kind, {
    seen: `${call} in ${region} failed: ${said.slice(0, 500)}`,
    facts: { region },
    cause: error,
  });
}
