import type { Pool } from 'pg'
import { ok, problem, warning, type Finding } from '../finding.js'

interface Dead { target: string, n: number, id: number, error: string | null }
interface Waiting { target: string, n: number, error: string | null }

const selectStuck = "select count(*)::integer as n from outbox where settled_at is null and due_at < now() - interval '10 minutes'"

const selectDead = `
  select target, count(*)::integer as n, max(id) as id, (array_agg(error order by id desc))[1] as error
  from notifications where sent_at is null and failed_at > now() - interval '7 days' group by target order by target`

const selectWaiting = `
  select target, count(*)::integer as n, (array_agg(error order by id desc))[1] as error
  from notifications where sent_at is null and failed_at is null and attempts > 0 group by target order by target`

/** Whether people are told: nothing stuck in the outbox, no target that refuses. */
export async function checkNotifications (db: Pool, { targets, url }: { targets: number, url: string }): Promise<Finding[]> {
  const check = 'notifications'
  const findings: Finding[] = []
  const { rows: [stuck] } = await db.query<{ n: number }>(selectStuck)
  if (stuck !== undefined && stuck.n > 0) findings.push(problem(check, `${stuck.n} changes of issues wait to be told of for more than ten minutes`, 'Only a collector that runs tells; start it: make start'))
  const { rows: dead } = await db.query<Dead>(selectDead)
  findings.push(...dead.map(({ target, n, id, error }) => problem(check, `${n} messages to ${target} were given up within a week: ${error ?? 'no reason is known'}`,
    'See whether it takes one now: meshmon notify test', `Then send them again, each by its number: curl -X POST ${url}/notifications/${id}/retry`)))
  const { rows: waiting } = await db.query<Waiting>(selectWaiting)
  findings.push(...waiting.map(({ target, n, error }) => warning(check, `${n} messages to ${target} are tried again: ${error ?? 'no reason is known'}`, 'See whether it takes one now: meshmon notify test')))
  if (findings.length > 0) return findings
  return [ok(check, targets === 0 ? 'nobody is told of issues; NOTIFY_URLS or NOTIFY_COMMAND name whom to tell (docs/notifications.md)' : `${targets} targets, nothing is stuck`)]
}
