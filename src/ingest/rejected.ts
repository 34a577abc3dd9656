import type { ClientBase } from 'pg'
import type { Json, Micros } from '../messages/tables.js'

/** A message that was not stored, kept so that its sender's owner can see what was wrong with it. */
export interface RejectedMessage {
  receivedAt: Micros
  address: string | null
  reason: string
  errors: Json
  /** As it came, or as JSON where it was one of several. */
  body: Buffer
}

/** More of a body than this is of no use to a reader. */
const keptBytes = 64 * 1024

const insertRejected = `
insert into rejected_messages (received_at, address, reason, errors, body)
select timestamptz 'epoch' + at * interval '1 microsecond', address, reason, errors, body
from unnest($1::int8[], $2::text[], $3::text[], $4::jsonb[], $5::bytea[]) as r(at, address, reason, errors, body)`

export async function recordRejected (client: ClientBase, rejected: RejectedMessage[]): Promise<void> {
  if (rejected.length === 0) return
  await client.query(insertRejected, [
    rejected.map((r) => r.receivedAt),
    rejected.map((r) => r.address),
    rejected.map((r) => r.reason.slice(0, 500)),
    rejected.map((r) => JSON.stringify(r.errors)),
    rejected.map((r) => r.body.subarray(0, keptBytes)),
  ])
}
