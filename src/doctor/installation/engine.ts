import type { Pool } from 'pg'
import { describeSpan } from '../../incidents/span.js'
import { ok, problem, warning, type Finding } from '../finding.js'

/** The engine waits for nobody this long, however short its interval. */
const leastPatienceS = 60
const intervalsOfPatience = 5

interface Slot { age_s: number, is_finished: boolean, judged_until: string | null }

const selectSlot = `
  select extract(epoch from clock_timestamp() - claimed_at)::float8 as age_s, finished_at is not null as is_finished, judged_until from engine_slot`

interface Judged { slots: number, missed: number, span_s: number, mean_ms: number }

// Of the last 50 slots: those between which others should have been, and how long one takes.
const selectJudged = `
  with slots as (select slot, sum(ms) as ms from rule_evaluation group by slot)
  select count(*)::integer as slots, coalesce(sum(greatest(round(extract(epoch from gap) / $1) - 1, 0)), 0)::integer as missed,
    coalesce(extract(epoch from max(slot) - min(slot)), 0)::float8 as span_s, coalesce(avg(ms), 0)::float8 as mean_ms
  from (select slot, ms, slot - lag(slot) over (order by slot) as gap from slots) as gaps`

const selectFailing = `
  select rule, error from (select distinct on (rule) rule, error from rule_evaluation order by rule, slot desc) newest
  where error is not null order by rule`

/** Whether the rules are judged: a slot each interval, none missed, no rule failing. */
export async function checkEngine (db: Pool, { intervalS }: { intervalS: number }): Promise<Finding[]> {
  const check = 'engine'
  const start = 'Only a collector that runs judges; start it: make start'
  const { rows: [slot] } = await db.query<Slot>(selectSlot)
  if (slot === undefined) return [problem(check, 'no rule was ever judged', start)]
  const findings: Finding[] = []
  if (slot.age_s > Math.max(leastPatienceS, intervalsOfPatience * intervalS)) {
    const text = slot.is_finished ? `the rules were judged last ${describeSpan(slot.age_s * 1000)} ago` : `an evaluation was begun ${describeSpan(slot.age_s * 1000)} ago and not finished`
    findings.push(problem(check, text, start, 'If it runs, its log says why: docker compose logs --tail 50 api, or journalctl -u meshmon -n 50'))
  }
  const { rows: failing } = await db.query<{ rule: string, error: string }>(selectFailing)
  findings.push(...failing.map(({ rule, error }) => problem(check, `rule ${rule} fails: ${error}`, 'Its settings may be the cause; see those in force: meshmon rules show', 'Please report it with that text if not')))
  const { rows: [judged] } = await db.query<Judged>(selectJudged, [intervalS])
  if (judged !== undefined && judged.missed > 0) {
    findings.push(warning(check, `${judged.missed} evaluations were missed within ${describeSpan(judged.span_s * 1000)}; one takes ${Math.round(judged.mean_ms)} ms of ${intervalS} s`,
      'After a restart that is as it should be', judged.mean_ms > intervalS * 500 ? `It takes too long for this computer: ENGINE_INTERVAL_S=${intervalS * 3} in meshmon.conf` : 'Else look at the load of this computer and its database: uptime'))
  }
  return findings.length > 0 ? findings : [ok(check, `the rules were judged ${describeSpan(slot.age_s * 1000)} ago; one evaluation takes ${Math.round(judged?.mean_ms ?? 0)} ms`)]
}

interface Issues { open: number, recent: number, windows: number, unusable: number, jitter_ms: number | null, loss_pct: number | null }

const selectIssues = `
  select (select count(*) from incidents where state <> 'closed')::integer as open,
    (select count(*) from incidents where opened_at > now() - interval '1 day')::integer as recent,
    count(*)::integer as windows, count(*) filter (where not timing_usable)::integer as unusable,
    max(jitter_ms) filter (where timing_usable) as jitter_ms, max(loss_pct) filter (where loss_usable) as loss_pct
  from path_probe where received_at > now() - interval '1 hour' and time > now() - interval '1 day'`

/** Why there are no issues where somebody expects some. */
export async function checkIssues (db: Pool): Promise<Finding> {
  const check = 'issues'
  const { rows: [row] } = await db.query<Issues>(selectIssues)
  const { open = 0, recent = 0, windows = 0, unusable = 0, jitter_ms: jitter = null, loss_pct: loss = null } = row ?? {}
  const text = `${open} open, ${recent} opened within a day; `
  if (windows === 0) return ok(check, `${text}no path was measured within the hour, so no rule of paths can find any`)
  const worst = `worst of ${windows} windows of the last hour: jitter ${jitter === null ? 'unknown' : `${jitter.toFixed(1)} ms`}, loss ${loss === null ? 'unknown' : `${loss.toFixed(1)} %`}`
  if (unusable === windows) return warning(check, `${text}${worst}; none of their times can be used`, 'The agent that sends network_status can\'t measure them: docs/decisions/wire-contract.md', 'NETWORK_STATUS_TIMING=trusted in meshmon.conf counts them all the same')
  return { ...ok(check, `${text}${worst}`), ...open + recent === 0 && { remedy: ['More is needed to open one; see the thresholds: meshmon rules show', 'Try others on what is stored: meshmon replay --from -24h --to now --rules rules.yaml'] } }
}
