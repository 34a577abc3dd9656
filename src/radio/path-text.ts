/** `direct`, `2 hops`, or that no path is known, for people. */
export function pathOf (hops: number | null): string {
  if (hops === null) return 'not known, floods'
  return hops === 0 ? 'direct' : `${hops} ${hops === 1 ? 'hop' : 'hops'}`
}
