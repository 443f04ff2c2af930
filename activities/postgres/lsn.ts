/** Places in the WAL, `16/B374D848`: bytes since the cluster was made. Pure. */

/** @throws RangeError for what is no LSN */
export function lsnOf(text: string): bigint {
  const [, high, low] = /^([0-9A-F]{1,8})\/([0-9A-F]{1,8})$/i.exec(text) ?? [];
  if (high === undefined || low === undefined)
    throw new RangeError(`${JSON.stringify(text)} is no LSN`);
  return (BigInt(`0x${high}`) << 32n) | BigInt(`0x${low}`);
}
