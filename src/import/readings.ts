import { roles, type Role, type StatsRow } from './stats-file.js'

export interface RadioMessage {
  schema: 'meshmon.v1'
  type: 'radio_metrics'
  node: string
  role: Role
  sent_at: string
  metrics: Record<string, number>
}

/** What the file holds of one radio at one time. */
export interface Reading {
  ts: number
  /** Rows of the file. */
  rows: number
  /** Those without a value that can be stored. */
  leftOut: number
  /** Null where none can, or the file's role is none of ours. */
  message: RadioMessage | null
}

/** As in the message's schema: one bad value must not take its neighbours with it. */
const largest = 1e15
const isNameOfMetric = /^[^\p{Cc}\p{Cs}]{1,128}$/u

/** Joins rows that come sorted by time and role. */
export function * groupRows (rows: Iterable<StatsRow>, nodes: Partial<Record<Role, string>>): Generator<Reading> {
  let group: StatsRow[] = []
  for (const row of rows) {
    const first = group[0]
    if (first !== undefined && (first.ts !== row.ts || first.role !== row.role)) {
      yield toReading(group, nodes)
      group = []
    }
    group.push(row)
  }
  if (group.length > 0) yield toReading(group, nodes)
}

function toReading (group: StatsRow[], nodes: Partial<Record<Role, string>>): Reading {
  const ts = group[0]?.ts ?? 0
  const role = roles.find((one) => one === group[0]?.role)
  const node = role && nodes[role]
  const usable = group.filter(({ metric, value }) => value !== null && Math.abs(value) <= largest && isNameOfMetric.test(metric))
  const isUsable = role !== undefined && node !== undefined && usable.length > 0
  return {
    ts,
    rows: group.length,
    leftOut: isUsable ? group.length - usable.length : group.length,
    message: isUsable
      ? { schema: 'meshmon.v1', type: 'radio_metrics', node, role, sent_at: new Date(ts * 1000).toISOString(), metrics: Object.fromEntries(usable.map(({ metric, value }) => [metric, value ?? 0])) }
      : null,
  }
}
