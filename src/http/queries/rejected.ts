import type { Pool } from 'pg'
import { decodeCursor, makePage, type Page } from '../paging.js'
import type { RejectedBody } from '../schemas/rejected.js'
import { select } from './select.js'

/** What an agent can send in one request; a page of a thousand such is 8 MB. */
const shownBytes = 8192

/** Text is looked for in the newest: bodies are long, and there may be millions. */
const mostSearched = 20_000

interface RejectedRow {
  id: number
  received_at: string
  address: string | null
  reason: string
  errors: unknown[] | null
  body: Buffer
  body_bytes: number
}

const selectRejected = `
select id, received_at, address, reason, errors, substring(body for ${shownBytes}) as body, octet_length(body) as body_bytes
from rejected_messages
where ($1::text is null or address = $1) and ($2::bigint is null or id < $2)
  and ($4::text is null or (id > (select max(id) - ${mostSearched} from rejected_messages) and (position(lower($4) in lower(reason)) > 0 or position(convert_to($4, 'UTF8') in body) > 0)))
order by id desc limit $3`

export interface RejectedFilter {
  address?: string | undefined
  /** In the reason, in any case, or in the body as it is. */
  text?: string | undefined
  limit: number
  cursor?: string | undefined
}

/** Messages that were not stored, newest first. */
export async function listRejected (db: Pool, { address, text, limit, cursor }: RejectedFilter): Promise<Page<RejectedBody>> {
  const after = decodeCursor(cursor, ['integer'])
  const rows = await select<RejectedRow>(db, selectRejected, [address, ...after, limit + 1, text])
  const { rows: shown, next } = makePage(rows, limit, ({ id }) => [id])
  return { rows: shown.map(toRejected), next }
}

export function toRejected ({ body, body_bytes: bytes, errors, ...row }: RejectedRow): RejectedBody {
  return { ...row, errors: errors ?? [], body: body.toString('utf8'), body_bytes: bytes, truncated: bytes > body.length }
}
