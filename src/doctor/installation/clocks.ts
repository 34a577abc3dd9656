import type { Pool } from 'pg'
import { describeSpan } from '../../incidents/span.js'
import { clockSkew } from '../../rules/clock-skew.js'
import { defaultsOf } from '../../rules/settings/settings.js'
import { ok, problem, warning, type Finding } from '../finding.js'

/** Between this computer and its database. */
const fairMs = 2000
const badMs = 30_000
const namesShown = 8

/** This computer's clock against the database's. */
export async function checkDatabaseClock (db: Pool, now: () => number): Promise<Finding> {
  const check = 'clock'
  const before = now()
  const { rows: [row] } = await db.query<{ ms: number }>('select (extract(epoch from clock_timestamp()) * 1000)::float8 as ms')
  // It was read somewhere in between.
  const offsetMs = Math.round((before + now()) / 2 - (row?.ms ?? NaN))
  const text = `this computer is ${(Math.abs(offsetMs) / 1000).toFixed(1)} s ${offsetMs > 0 ? 'ahead of' : 'behind'} the database`
  const set = 'Let both take the time from one server: timedatectl status'
  if (Math.abs(offsetMs) >= badMs) return problem(check, `${text}: the rules judge by the one what was dated by the other`, set)
  return Math.abs(offsetMs) >= fairMs ? warning(check, text, set) : ok(check, 'this computer and its database agree about the time')
}

/** Of each node that sent within the hour, the message nearest to right: a queue that is being emptied sends old ones. Positive: its clock is slow. */
const selectSkews = `
  select node, (array_agg(skew_s order by abs(skew_s)))[1] as skew_s from (
    select src as node, extract(epoch from received_at - coalesce(sent_at, time))::float8 as skew_s from path_probe where window_s is not null and received_at > now() - interval '1 hour' and time > now() - interval '8 days'
    union all select node, extract(epoch from received_at - coalesce(sent_at, time))::float8 from agent_health where source = 'agent' and received_at > now() - interval '1 hour' and time > now() - interval '8 days'
  ) as told group by node order by node`

/** The agents' clocks against the collector's: where most are wrong the same way, it is the collector's that is. */
export async function checkAgentClocks (db: Pool): Promise<Finding> {
  const check = 'agents\' clocks'
  const { open_late_s: lateS, open_ahead_s: aheadS } = defaultsOf(clockSkew.settings)
  const { rows } = await db.query<{ node: string, skew_s: number }>(selectSkews)
  const slow = rows.filter(({ skew_s: skewS }) => skewS > lateS)
  const fast = rows.filter(({ skew_s: skewS }) => skewS < -aheadS)
  for (const [wrong, word] of [[slow, 'ahead'], [fast, 'behind']] as const) {
    if (wrong.length > 1 && wrong.length > rows.length / 2) {
      return problem('clock', `${wrong.length} of ${rows.length} agents say that this computer's clock is ${describeSpan(medianOf(wrong.map(({ skew_s: skewS }) => Math.abs(skewS))) * 1000)} ${word}`,
        'See whether it has a time server, or set it: timedatectl status', 'Or restart whatever gives the mesh its time')
    }
  }
  const wrong = [...slow, ...fast]
  if (wrong.length === 0) return ok(check, rows.length === 0 ? 'no agent has sent a time within the hour' : `${rows.length} agents agree with this computer`)
  const named = wrong.slice(0, namesShown).map(({ node, skew_s: skewS }) => `${node} (${describeSpan(Math.abs(skewS) * 1000)} ${skewS > 0 ? 'slow' : 'fast'})`)
  return warning(check, `${wrong.length} of ${rows.length} are wrong: ${named.join(', ')}${wrong.length > namesShown ? ' and others' : ''}`,
    'Give those nodes a time server they can reach (NTP), or GPS; until then their measurements stand at wrong times')
}

function medianOf (values: number[]): number {
  return values.sort((a, b) => a - b)[Math.floor(values.length / 2)] ?? 0
}
