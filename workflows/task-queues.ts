/** No zod here: the workflow sandbox imports this file. */

/** Hosts of a site are reached by the workers at that site, which poll a queue of their own. */
export function siteQueue(queue: string, site: string | undefined): string {
  return site === undefined ? queue : `${queue}.${site}`;
}
