import type { Pool } from 'pg'
import { describeSpan } from '../../incidents/span.js'
import { ok, problem, warning, type Finding } from '../finding.js'

const shown = 5
const silentS = 1800

/** Whether anything arrives. */
export async function checkArrivals (db: Pool, { url }: { url: string }): Promise<Finding> {
  const check = 'measurements'
  const { rows: [row] } = await db.query<{ nodes: number, age_s: number | null }>(
    "select count(*) filter (where last_seen > now() - interval '1 hour')::integer as nodes, extract(epoch from now() - max(last_seen))::float8 as age_s from nodes")
  const steps = [`Does the collector take them? curl -s ${url}/readyz`, `Point the agents at http://THIS_COMPUTER:PORT/ingest, and try it from one of them: wget -qO- ${url}/healthz`, 'No agent? Let a node post its sysinfo by cron (README), or read the mesh: meshmon aredn']
  if (row === undefined || row.age_s === null) return warning(check, 'nothing has ever arrived', ...steps)
  if (row.age_s > silentS) return problem(check, `nothing has arrived for ${describeSpan(row.age_s * 1000)}`, ...steps)
  return ok(check, `${row.nodes} nodes have sent within the hour`)
}

const selectRejected = `
  select reason, count(*)::integer as n, count(distinct address)::integer as senders, min(address) as address
  from rejected_messages where received_at > now() - interval '1 day' group by reason order by n desc, reason limit ${shown}`

interface Rejected { reason: string, n: number, senders: number, address: string | null }

/** Messages of the last day that could not be stored, by reason. */
export async function checkRejected (db: Pool, { url }: { url: string }): Promise<Finding> {
  const check = 'rejected messages'
  const { rows } = await db.query<Rejected>(selectRejected)
  if (rows.length === 0) return ok(check, 'none within a day')
  return warning(check, `within a day ${rows.map(({ reason, n, senders, address }) => `${n} x "${reason}" from ${senders > 1 ? `${senders} senders` : address ?? 'an unknown sender'}`).join('; ')}`,
    `See what was sent: curl -s '${url}/rejected?limit=5', or open ${url}/ui/rejected`, 'Update or correct the programs that send it')
}

interface Issue { id: string, cause: string | null, kind: string, subject: string, next_step: string | null }

const selectIssues = `
  select id, kind, subject, cause, next_steps[1] as next_step from incidents
  where category = 'data_quality' and state <> 'closed' order by opened_at desc`

/** What the rules say of the data itself: nobody is heard, times that can't be right. */
export async function checkDataQuality (db: Pool): Promise<Finding[]> {
  const check = 'data'
  const { rows } = await db.query<Issue>(selectIssues)
  if (rows.length === 0) return [ok(check, 'no open issue is about the quality of data')]
  const findings = rows.slice(0, shown).map(({ kind, subject, cause, next_step: step }) => warning(check, `${kind} of ${subject}: ${cause ?? 'no cause is known'}`, ...step === null ? [] : [step]))
  return rows.length > shown ? [...findings, warning(check, `and ${rows.length - shown} more`, 'See all: meshmon sql "select kind, subject, cause from incidents where category = \'data_quality\' and state <> \'closed\'"')] : findings
}

const selectUnlocated = `
  select name from nodes
  where kind <> 'companion' and retired_at is null and last_seen > now() - interval '1 day' and lat is null and not coalesce(info ? 'grid_square', false) order by name`

/** Nodes that the map can't place. */
export async function checkLocations (db: Pool): Promise<Finding> {
  const check = 'locations'
  const { rows } = await db.query<{ name: string }>(selectUnlocated)
  if (rows.length === 0) return ok(check, 'every node that sends has a place')
  return warning(check, `${rows.length} nodes have none, and the map puts them beside their neighbours: ${rows.slice(0, shown).map(({ name }) => name).join(', ')}${rows.length > shown ? ' and others' : ''}`,
    'Set latitude and longitude on the node, and let it send its sysinfo: the line for its crontab stands in the README', 'Or let "meshmon aredn" read it')
}
