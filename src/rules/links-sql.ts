import type { Scope } from '../incidents/subject.js'
import type { Watched } from './rule.js'
import { isoOf } from './sql.js'

/**
 * SQL that the rules about links share. In a statement the ends of a link stand in the order of their bytes (any order will do that each
 * direction agrees on); what leaves a statement is put in the order of the link's name by `orderEnds`.
 */

/** The medium of a hop row, as `mediumOf` has it. */
export const medium = "case when link_type in ('', 'unknown') then 'rf' else link_type end"

/** The hop row was measured from the end that comes second: lq and nlq change places. */
export const isTurned = 'from_node collate "C" > to_node collate "C"'

/** etx of a hop row; where the agent gave none, what lq and nlq make of it. Null where it has neither. */
export const hopEtx = 'coalesce(etx, case when lq * nlq < 0.01 then 100 else 1 / (lq * nlq) end)'

/** The hop row has what rule 1 needs and speaks of the hop alone. */
export const isCounted = 'lq is not null and nlq is not null and not route_cost'

/** A row of network_status: no other has a route but no length of its window. */
export const isStatus = 'window_s is null'

/**
 * Rows that arrived after `$1` and up to `$2` (timestamptz parameters), as two selects: by receipt, and those whose own time was still
 * to come when they were received. Rows before `$3` are left out, which spares a look into every old chunk: a day back, as from a
 * narrower range the planner reads the index of `time` as well (42 ms more for half an hour at 3,000 paths).
 */
export function arrived (select: (where: string) => string): string {
  return `${select('received_at > $1 and received_at <= $2 and time <= $2 and time > $3')}
    union all
    ${select('time > $1 and time <= $2 and received_at <= $1')}`
}

type Link = Extract<Scope, { type: 'link' }>

/** Links that are watched as columns: a, b (in the order of their bytes), medium, and the end of what must not count. */
export function watchedLinks (watched: Watched[]): [string[], string[], string[], Array<string | null>] {
  const links = watched.flatMap(({ scope, afterMs }) => scope.type === 'link' ? [{ ...byBytes(scope), afterMs }] : [])
  return [
    links.map(({ a }) => a), links.map(({ b }) => b), links.map(({ medium }) => medium),
    links.map(({ afterMs }) => afterMs === null ? null : isoOf(afterMs)),
  ]
}

function byBytes ({ type, a, b, medium }: Link): Link {
  return Buffer.compare(Buffer.from(a), Buffer.from(b)) > 0 ? { type, a: b, b: a, medium } : { type, a, b, medium }
}
