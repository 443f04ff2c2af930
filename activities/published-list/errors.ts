import { failureFactory, type FailureKind } from "../errors";

/** What keeps customers from reading the list as it was meant. */
const publishedListFailures = {
  noFolder: {
    class: "human",
    hint: "Make the folder of {path} on {host}, or correct `publishedList.path` of the target.",
  },
  notWritable: {
    class: "human",
    hint: "Let the login user write into the folder of {path} on {host}: the list is written aside and renamed.",
  },
  foreignFile: {
    class: "human",
    hint: "Move {path} on {host} away once nobody needs it, or name another path: it is no list of ours, and was left as it is.",
  },
  incomplete: {
    class: "retry",
    hint: "Look for free space on {host}; the former list is still served.",
  },
  notServed: {
    class: "human",
    hint: "Ask {url} by `curl -i`: it has to answer with the bytes of {path}, an ETag, and 304 to that ETag. Is a cache in between, or another server?",
  },
  nameWrong: {
    class: "human",
    hint: "Add the missing addresses to {name}, wait for its time to live, and retry.",
  },
} as const satisfies Record<string, FailureKind>;

export const publishedListError = failureFactory<
  keyof typeof publishedListFailures
>("publishedList", publishedListFailures);
