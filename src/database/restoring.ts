import type { Queryable } from './edition.js'

/** While this key is in `meta`, a part of a backup may be in the database. */
const key = 'restoring'

/** Marks the database as one that is being restored; only a whole restore takes the mark away. */
export async function markRestoring (db: Queryable): Promise<void> {
  await db.query('insert into meta (key, value) values ($1, now()::text) on conflict do nothing', [key])
}

export async function unmarkRestoring (db: Queryable): Promise<void> {
  if (await hasMeta(db)) await db.query('delete from meta where key = $1', [key])
}

/** Whether a restore was begun and not finished, of rows or of a dump. */
export async function isRestoring (db: Queryable): Promise<boolean> {
  const { rows: [timescaledb] } = await db.query("select coalesce(current_setting('timescaledb.restoring', true) = 'on', false) as restoring")
  if (timescaledb?.restoring === true) return true
  if (!await hasMeta(db)) return false
  const { rows } = await db.query('select from meta where key = $1', [key])
  return rows.length > 0
}

async function hasMeta (db: Queryable): Promise<boolean> {
  const { rows: [table] } = await db.query("select to_regclass('meta') is not null as there")
  return table?.there === true
}

/** @throws where a restore was begun and not finished. */
export async function refuseUnfinished (db: Queryable): Promise<void> {
  if (!await isRestoring(db)) return
  throw new Error('A restore into this database is under way, or was interrupted and left a part of the backup. ' +
    'Wait for it, or run "meshmon restore FILE" once more: it begins anew.')
}
