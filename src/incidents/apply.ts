/* eslint-disable sql/constants -- constants of this file, handed to a helper of it */
import type { ClientBase } from 'pg'
import type { Outcome } from './outcome.js'

const closeIncidents = `
update incidents i set state = 'closed', ended_at = c.ended_at, resolution = c.resolution, stale = false, updated_at = now()
from jsonb_to_recordset($1::jsonb) as c (id text, ended_at timestamptz, resolution text)
where i.id = c.id and i.state <> 'closed'`

/**
 * A conflict means that somebody has the row already: the same history judged again, or another collector that lost its claim too late. What is there stays.
 */
const openIncidents = `
insert into incidents (id, kind, category, subject, scope, state, severity, impact, cause, next_steps, evidence, started_at, opened_at, ended_at, resolution, caused_by, stale, in_maintenance)
select id, kind, category, subject, scope, state, severity, impact, cause, array(select jsonb_array_elements_text(next_steps)), evidence, started_at, opened_at, ended_at, resolution, caused_by, stale, in_maintenance
from jsonb_to_recordset($1::jsonb) as o (id text, kind text, category text, subject text, scope jsonb, state text, severity text, impact jsonb, cause text, next_steps jsonb,
  evidence jsonb, started_at timestamptz, opened_at timestamptz, ended_at timestamptz, resolution text, caused_by text, stale boolean, in_maintenance boolean)
on conflict do nothing`

const updateIncidents = `
update incidents i set
  state = u.state, severity = u.severity, cause = coalesce(u.cause, i.cause),
  next_steps = case when u.next_steps is null then i.next_steps else array(select jsonb_array_elements_text(u.next_steps)) end,
  evidence = coalesce(u.evidence, i.evidence), impact = coalesce(u.impact, i.impact), caused_by = u.caused_by, stale = u.stale, in_maintenance = u.in_maintenance, updated_at = now()
from jsonb_to_recordset($1::jsonb) as u (id text, state text, severity text, cause text, next_steps jsonb, evidence jsonb, impact jsonb, caused_by text, stale boolean, in_maintenance boolean)
where i.id = u.id and i.state <> 'closed'`

/** Consequences listed with their cause: 200 at most, and how many there are. */
const listAffected = `
update incidents i set evidence = coalesce(i.evidence, '{}') || jsonb_build_object('affected', c.ids, 'affected_count', c.n)
from (
  select caused_by, count(*) as n, (jsonb_path_query_array(jsonb_agg(id order by started_at, id), '$[0 to 199]')) as ids
  from incidents where caused_by = any($1::text[]) group by caused_by
) c
where i.id = c.caused_by`

const writeJournal = `
insert into incident_journal (incident_id, rule, subject, at, from_state, to_state, evidence)
select incident_id, rule, subject, at, from_state, to_state, evidence
from rows from (jsonb_to_recordset($1::jsonb) as (incident_id text, rule text, subject text, at timestamptz, from_state text, to_state text, evidence jsonb)) with ordinality as j (incident_id, rule, subject, at, from_state, to_state, evidence, place)
order by place`

/** Writes what a slot made of the incidents, in the transaction given. Closings come first: a subject has one incident that is not closed. */
export async function applyOutcome (client: ClientBase, { closed, opened, updated, journal }: Outcome): Promise<void> {
  await write(client, closeIncidents, closed)
  await write(client, openIncidents, opened)
  await write(client, updateIncidents, updated)
  const causes = new Set([...opened, ...updated].map((row) => row.caused_by).filter((id) => id !== null))
  // An update replaces the evidence of a cause, its list of consequences with it.
  for (const { id } of updated) causes.add(id)
  if (causes.size > 0) await client.query(listAffected, [[...causes]])
  await write(client, writeJournal, journal)
}

async function write (client: ClientBase, statement: string, rows: object[]): Promise<void> {
  if (rows.length > 0) await client.query(statement, [JSON.stringify(rows)])
}
