import type { Slot, Statement, Watched } from './rule.js'
import { placeOf } from './marks.js'
import { commitMs, isoOf, slotValues } from './sql.js'

/**
 * SQL for what routers and servers sent, as (node, time, place of the slot it arrived in), but for hop rows, which are many and come with a window; `nodes` names the parameter that lists whose, null: anybody's.
 * Parameters $1 to $4 are those of `byReceipt`.
 */
export function messagesBetween ({ nodes }: { nodes: string | null }): string {
  const from = (table: string, node: string): string => `
  select ${node} as node, time, ${placeOf('received_at', '$2')} as place from ${table}
  where received_at > $3 and received_at <= $4 and time > $3::timestamptz - interval '7 days'${nodes === null ? '' : ` and ${node} = any(${nodes})`}`
  return [from('path_probe', 'src'), from('agent_health', 'node'), from('crash_reports', 'node')].join('\n  union all')
}

/** A statement by receipt: $1 and $2 are the slots, $3 and $4 the span of receipts, the first a little earlier: some of its rows were not yet committed then. */
export function byReceipt (slots: Slot[], text: string, ...values: unknown[]): Statement {
  const [first, last] = [slots[0], slots.at(-1)]
  return { text, values: [...slotValues(slots), first && isoOf(first.sinceMs - commitMs), last && isoOf(last.atMs), ...values] }
}

/** The names of the watched nodes. */
export function nodesOf (watched: Watched[]): string[] {
  return watched.flatMap(({ scope }) => scope.type === 'node' ? [scope.node] : [])
}
