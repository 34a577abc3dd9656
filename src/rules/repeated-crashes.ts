import { Type, type Static } from 'typebox'
import { countCrashes, type Crash, type CrashMemory, crashesOf, remember, type Report, type Rise } from './crashes.js'
import { byReceipt } from './messages-between.js'
import { placeOf } from './marks.js'
import type { Finding, Rule } from './rule.js'
import { common } from './settings/common.js'
import { isoOf, timeMs } from './sql.js'

const hourMs = 3_600_000
const dayMs = 24 * hourMs

const settings = Type.Object({
  ...common({ close_after_s: 0, close_rows: 1 }),
  open_per_day: Type.Integer({ default: 2, minimum: 1, maximum: 50, description: 'So many crashes within 24 hours open' }),
  critical_per_day: Type.Integer({ default: 5, minimum: 1, maximum: 50, description: 'So many within 24 hours are critical' }),
  open_per_week: Type.Integer({ default: 3, minimum: 1, maximum: 50, description: 'So many within 7 days open as well' }),
  same_crash_s: Type.Integer({ default: 600, minimum: 0, maximum: 86_400, description: 'A restart seen by its count this close to a crash report is that crash (seconds)' }),
  quiet_s: Type.Integer({ default: 604_800, minimum: 3600, maximum: 2_592_000, description: 'Closes so long after the last crash (seconds)' }),
}, { additionalProperties: false })

type Settings = Static<typeof settings>
type Seen = { report: Report } | { rise: Rise }

/** A clock that jumped makes no week: what ends by time alone ends only after so long of listening. */
const settledMs = hourMs

/**
 * Crash reports, and reports of health whose restarts are more and whose uptime is less than in the node's report before: of those that come
 * together the one before is at hand, else it is looked up, where the last restart is not older than a day.
 */
const statement = `
with health as (
  select node, source, time, received_at, restart_count, uptime_seconds,
    lag(time) over before as before_time, lag(restart_count) over before as before_count, lag(uptime_seconds) over before as before_uptime
  from agent_health
  where received_at > $3 and received_at <= $4 and time > $3::timestamptz - interval '7 days' and restart_count is not null and uptime_seconds is not null
  window before as (partition by node, source order by time)
), rise as (
  select h.node, h.time, h.received_at, h.restart_count - coalesce(h.before_count, before.restart_count) as n, h.uptime_seconds
  from health h left join lateral (
    select restart_count, uptime_seconds from agent_health b
    where h.before_time is null and h.restart_count > 0 and h.uptime_seconds < 86400 and b.time > $3::timestamptz - interval '8 days' and b.node = h.node and b.time < h.time and b.time > h.time - interval '7 days' and b.source = h.source and b.restart_count is not null and b.uptime_seconds is not null
    order by b.time desc limit 1
  ) as before on true
  where h.restart_count > coalesce(h.before_count, before.restart_count) and h.uptime_seconds < coalesce(h.before_uptime, before.uptime_seconds)
), event as (
  select node, time, received_at, null::integer as n, null::float8 as uptime_s, coalesce(signal_name, signal::text, description) as signal, thread_id as thread,
    nullif(last_operation, '') as operation, memory_at_crash_mb as memory_mb, uptime_at_crash_s
  from crash_reports where received_at > $3 and received_at <= $4 and time > $3::timestamptz - interval '7 days'
  union all
  select node, time, received_at, least(n, 50), uptime_seconds, null, null, null, null, null from rise
)
select ${timeMs('($1::timestamptz[])[place]')} as at_ms, node, ${timeMs('time')} as time_ms, n, uptime_s, signal, thread, operation, memory_mb, uptime_at_crash_s
from event, lateral (select ${placeOf('received_at', '$2')} as place) as slot order by time`

interface Row {
  at_ms: number, node: string, time_ms: number, n: number | null, uptime_s: number | null
  signal: string | null, thread: string | null, operation: string | null, memory_mb: number | null, uptime_at_crash_s: number | null
}

/** A node's software crashes again and again. */
export const repeatedCrashes: Rule<typeof settings, Seen, CrashMemory> = {
  name: 'repeated_crashes',
  category: 'node',
  scope: 'node',
  judgesBy: 'time',
  absence: 'goes_on',
  settings,
  observe: (slots) => byReceipt(slots, statement),
  read: (row: Row) => ({ atMs: row.at_ms, scope: { type: 'node', node: row.node }, seen: readSeen(row) }),
  judge ({ seen, scope, memory, incident, afterMs, settings, moment: { atMs, listeningMs } }) {
    const reports = seen.flatMap((one) => 'report' in one ? [one.report] : [])
    const rises = seen.flatMap((one) => 'rise' in one ? [one.rise] : [])
    const known = remember(memory, { reports, rises }, incident === null ? atMs - 7 * dayMs : incident.startedMs - 1)
    const kept = known.reports.length + known.rises.length === 0 ? null : known
    const crashes = crashesOf(known, settings.same_crash_s * 1000).filter(({ ms }) => afterMs === null || ms > afterMs)
    const past = crashes.filter(({ ms }) => ms <= atMs)
    const lastMs = past.at(-1)?.ms ?? incident?.startedMs ?? 0
    const notBeforeMs = Math.max(lastMs + settings.quiet_s * 1000, listeningMs + settledMs)
    const changes = [...crashes.flatMap(({ ms }) => [ms, ms + dayMs, ms + 7 * dayMs]), ...(incident === null ? [] : [notBeforeMs])].filter((ms) => ms > atMs)
    const wakeMs = changes.length === 0 ? null : Math.min(...changes)
    const counted = countedOf(past, atMs, settings)
    if (counted.length > 0) {
      const finding = findingOf(scope.type === 'node' ? scope.node : '', counted, countCrashes(past, atMs - dayMs), settings)
      // A crash is news for an hour; an incident that is open stays news.
      return { answers: [{ is: 'match', rowMs: incident === null ? lastMs : atMs, startedMs: counted[0]?.ms ?? lastMs, finding }], memory: kept, wakeMs }
    }
    return { answers: incident === null ? [] : [{ is: 'clear', rowMs: atMs, endedMs: lastMs, notBeforeMs }], memory: kept, wakeMs }
  },
}

/** The crashes that make it a match; none where there are too few. */
function countedOf (crashes: Crash[], atMs: number, settings: Settings): Crash[] {
  const [dayAgoMs, weekAgoMs] = [atMs - dayMs, atMs - 7 * dayMs]
  if (countCrashes(crashes, weekAgoMs) >= settings.open_per_week) return crashes.filter(({ ms }) => ms > weekAgoMs)
  return countCrashes(crashes, dayAgoMs) >= settings.open_per_day ? crashes.filter(({ ms }) => ms > dayAgoMs) : []
}

function readSeen ({ time_ms: ms, n, uptime_s: uptimeS, signal, thread, operation, memory_mb: memoryMb, uptime_at_crash_s: uptimeAtCrashS }: Row): Seen {
  if (n !== null) return { rise: { ms, n, startMs: ms - (uptimeS ?? 0) * 1000 } }
  return { report: { ms, signal, thread, operation, memoryMb, uptimeS: uptimeAtCrashS } }
}

function findingOf (node: string, crashes: Crash[], perDay: number, settings: Settings): Finding {
  const reports = crashes.flatMap(({ report }) => report === null ? [] : [report])
  const total = countCrashes(crashes, -Infinity)
  const signal = mostCommon(reports.map(({ signal }) => signal))
  const operation = mostCommon(reports.map(({ operation }) => operation))
  const thread = mostCommon(reports.map(({ thread }) => thread))
  const where = [...(thread === null ? [] : [`in thread ${thread}`]), ...(operation === null ? [] : [`during ${operation}`])].join(' ')
  const usual = signal === null ? 'Nothing is known of why: only its restarts were seen.' : `Most often: ${[signal, where].filter(Boolean).join(' ')}.`
  return {
    severity: perDay >= settings.critical_per_day ? 'critical' : 'major',
    cause: `The software of ${node} crashed ${total} times, ${perDay} of them in the last 24 hours. ${usual}`,
    nextSteps: [
      ...(signal === null ? [`Read the log of ${node} around the restarts`] : [`Send the crash reports of ${node} to the authors of the agent: ${[signal, where].filter(Boolean).join(' ')}`]),
      `Update the agent on ${node}`,
      ...(reports.some(({ memoryMb }) => memoryMb !== null) ? [`Look at the memory of ${node} before the crashes: it may have run out`] : []),
    ],
    evidence: {
      metric: 'crashes', unit: '', open: settings.open_per_day, clear: 0, crashes_24h: perDay, crashes: total, signal, thread, last_operation: operation,
      reports: reports.slice(-10).map((report) => ({
        time: isoOf(report.ms), signal: report.signal, thread: report.thread, last_operation: report.operation, memory_mb: report.memoryMb, uptime_s: report.uptimeS,
      })),
      points: crashes.slice(-60).map(({ ms, n }): [string, number] => [isoOf(ms), n]),
    },
  }
}

function mostCommon (values: Array<string | null>): string | null {
  const counts = new Map<string, number>()
  for (const value of values) if (value !== null) counts.set(value, (counts.get(value) ?? 0) + 1)
  return [...counts].sort(([, a], [, b]) => b - a)[0]?.[0] ?? null
}
