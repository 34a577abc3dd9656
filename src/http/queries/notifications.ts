import type { Pool } from 'pg'
import { decodeCursor, makePage, type Page } from '../paging.js'
import type { NotificationBody } from '../schemas/notifications.js'
import { select } from './select.js'

const columns = `id, key, target, event, incident_id, payload ->> 'title' as title,
  case when sent_at is not null then 'sent' when failed_at is not null then 'dead' else 'waiting' end as state,
  created_at, due_at, attempts, sent_at, failed_at, error`

const selectNotifications = `
select * from (select ${columns} from notifications) as n
where ($1::text = 'all' or state = $1) and ($2::bigint is null or id < $2)
order by id desc limit $3`

const selectNotification = `select ${columns} from notifications where id = $1`

/** As if it were new, and at once. */
const retryDead = `
update notifications set failed_at = null, attempts = 0, due_at = $2, expires_at = $2::timestamptz + interval '24 hours'
where id = $1 and failed_at is not null and sent_at is null
returning true`

/** Messages to targets, newest first. */
export async function listNotifications (db: Pool, { state, limit, cursor }: { state: string, limit: number, cursor?: string }): Promise<Page<NotificationBody>> {
  const rows = await select<NotificationBody>(db, selectNotifications, [state, ...decodeCursor(cursor, ['integer']), limit + 1])
  return makePage(rows, limit, ({ id }) => [id])
}

/** Has a dead one tried again. `isRetried` is false where it is not dead; undefined where there is none. */
export async function retryNotification (db: Pool, id: number, nowMs: number): Promise<{ isRetried: boolean, notification: NotificationBody } | undefined> {
  const { rowCount } = await db.query(retryDead, [id, new Date(nowMs).toISOString()])
  const [notification] = await select<NotificationBody>(db, selectNotification, [id])
  return notification && { isRetried: rowCount === 1, notification }
}
