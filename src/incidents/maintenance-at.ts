import type { ClientBase, Pool } from 'pg'
import type { Maintenance } from './maintenance.js'

const selectInForce = 'select subject, pattern, starts_at, ends_at from maintenance where starts_at <= $1 and ends_at > $1'

/** What is announced for that moment; `POST /maintenance` keeps it within a thousand. For `covers`. */
export async function maintenanceAt (client: ClientBase | Pool, atMs: number): Promise<Maintenance[]> {
  const { rows } = await client.query<{ subject: string | null, pattern: string | null, starts_at: string, ends_at: string }>(selectInForce, [new Date(atMs).toISOString()])
  return rows.map(({ subject, pattern, starts_at: from, ends_at: until }) => ({ subject, pattern, fromMs: Date.parse(from), untilMs: Date.parse(until) }))
}
