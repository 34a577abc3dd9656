import { arrived } from './links-sql.js'
import type { Slot, Watched } from './rule.js'
import { commitMs, isoOf, slotValues, spanOf } from './sql.js'

/** SQL that the rules about paths share. Its parameters $1 to $4 are those of `slotSpan`. */

/** Rows that arrive later than this after their time are not judged. Several slots are a replay, where each row arrives at its time. */
function lateMs (slots: Slot[]): number {
  return slots.length > 1 ? commitMs : 7 * 86_400_000
}

/** Nothing before a row is looked for further back than this, `spanS` before the oldest row. */
export function earliestBefore (slots: Slot[], spanS: number): string {
  return isoOf(spanOf(slots).sinceMs - lateMs(slots) - spanS * 1000)
}

/** Values of $1, $2: what arrived after and up to; $3: no row is older; $4: the slots. A row that became visible late is in the first. */
export function slotSpan (slots: Slot[]): [string, string, string, string[]] {
  const { sinceMs, atMs } = spanOf(slots)
  return [isoOf(sinceMs - commitMs), isoOf(atMs), isoOf(sinceMs - lateMs(slots)), slotValues(slots)[0]]
}

/** Paths that are followed, as columns: src, dst. */
export function followedPaths (watched: Watched[]): [string[], string[]] {
  const paths = watched.flatMap(({ scope, isFollowed }) => scope.type === 'path' && isFollowed ? [scope] : [])
  return [paths.map(({ src }) => src), paths.map(({ dst }) => dst)]
}

/** Windows that arrived. Paths to phones are judged by no rule. */
export function arrivedWindows (columns: string, condition: string): string {
  return arrived((where) => `select src, dst, time, greatest(time, received_at) as arrival, ${columns} from path_probe where ${where} and dst not like 'phone:%' and ${condition}`)
}

/** Place among the slots, from 1, of the first that sees what arrived then. */
export const placeOfArrival = "width_bucket(arrival - interval '1 microsecond', $4::timestamptz[]) + 1"

/** The moment of the slot at this place. */
export const atOfPlace = '($4::timestamptz[])[place]'

/** No list of hops is `[]`, `["unknown"]`, and the lone node of a network_status probe without path. */
export function isHopList (route: string): string {
  return `jsonb_array_length(${route}) > 1`
}
