import type { ClientBase, Pool } from 'pg'
import type { OpenIncident, SubjectState } from './rule.js'
import { isoOf } from './sql.js'
import { States } from './states.js'

const selectStates = 'select rule, subject, data from rule_state'
const selectCursors = 'select rule, judged_until from rule_cursor'

const upsertStates = `
insert into rule_state (rule, subject, state, since, data)
select rule, subject, state, since, data from jsonb_to_recordset($1::jsonb) as s (rule text, subject text, state text, since timestamptz, data jsonb)
on conflict (rule, subject) do update set state = excluded.state, since = excluded.since, data = excluded.data`

const deleteStates = 'delete from rule_state using unnest($1::text[], $2::text[]) as gone (rule, subject) where (rule_state.rule, rule_state.subject) = (gone.rule, gone.subject)'

const upsertCursors = `
insert into rule_cursor (rule, judged_until) select rule, $2 from unnest($1::text[]) as rule
on conflict (rule) do update set judged_until = excluded.judged_until`

/** The states of all subjects as the last slot left them. */
export async function loadStates (pool: Pool): Promise<States> {
  const { rows } = await pool.query<{ rule: string, subject: string, data: SubjectState }>(selectStates)
  const states = new States()
  for (const { rule, subject, data } of rows) states.set(rule, subject, data)
  states.takeChanged()
  return states
}

/** Up to when each rule has judged, milliseconds. */
export async function loadCursors (pool: Pool): Promise<Map<string, number>> {
  const { rows } = await pool.query<{ rule: string, judged_until: string }>(selectCursors)
  return new Map(rows.map(({ rule, judged_until: until }) => [rule, Date.parse(until)]))
}

export async function saveStates (client: ClientBase, changed: ReturnType<States['takeChanged']>): Promise<void> {
  const kept = changed.flatMap(({ rule, subject, state }) =>
    state === null ? [] : [{ rule, subject, state: state.phase, since: isoOf(state.sinceMs), data: { ...state, incident: withoutPoints(state.incident) } }])
  const gone = changed.filter(({ state }) => state === null)
  if (kept.length > 0) await client.query(upsertStates, [JSON.stringify(kept)])
  if (gone.length > 0) await client.query(deleteStates, [gone.map(({ rule }) => rule), gone.map(({ subject }) => subject)])
}

/** These rules have judged all that arrived up to `atMs`. */
export async function saveCursors (client: ClientBase, rules: string[], atMs: number): Promise<void> {
  await client.query(upsertCursors, [rules, isoOf(atMs)])
}

/** The points are in `incidents`; no rule reads them back. */
function withoutPoints (incident: OpenIncident | null): OpenIncident | null {
  return incident && { ...incident, finding: { ...incident.finding, evidence: { ...incident.finding.evidence, points: [] } } }
}
