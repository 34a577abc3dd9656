import type { Queryable } from './edition.js'
import type { RetentionClass, Rollup } from './relations.js'

/** A PostgreSQL interval (`90 days`), or `forever`. */
export type Keep = string

/** The settings of config.md, by its names. */
export interface RetentionSettings {
  RETENTION_RAW: Keep
  RETENTION_HOURLY: Keep
  RETENTION_DAILY: Keep
  RETENTION_CRASHES: Keep
  RETENTION_RADIO: Keep
  COMPRESS_AFTER: Keep
}

/** The same, checked, as PostgreSQL writes them; null is for ever. */
export interface Retention extends Record<RetentionClass, string | null> {
  compressAfter: string | null
}

const settingOf = {
  raw: 'RETENTION_RAW',
  hourly: 'RETENTION_HOURLY',
  daily: 'RETENTION_DAILY',
  crashes: 'RETENTION_CRASHES',
  radio: 'RETENTION_RADIO',
  compressAfter: 'COMPRESS_AFTER',
} as const satisfies Record<keyof Retention, keyof RetentionSettings>

/** A refresh covers two daily buckets at least and stops a day short of the retention. */
const shortest = '4 days'

/** @throws an Error that names the setting which is no interval, or too short for a daily rollup to be made before its rows are dropped. */
export async function resolveRetention (db: Queryable, settings: RetentionSettings): Promise<Retention> {
  const resolve = (name: keyof Retention): Promise<string | null> => resolveInterval(db, settingOf[name], settings[settingOf[name]])
  return {
    raw: await resolve('raw'),
    hourly: await resolve('hourly'),
    daily: await resolve('daily'),
    crashes: await resolve('crashes'),
    radio: await resolve('radio'),
    compressAfter: await resolve('compressAfter'),
  }
}

async function resolveInterval (db: Queryable, setting: keyof RetentionSettings, value: Keep): Promise<string | null> {
  if (value === 'forever') return null
  const { rows: [row] } = await db
    .query('select $1::interval::text as interval, $1::interval >= $2::interval as is_enough', [value, shortest])
    .catch((error) => { throw new Error(`${setting} is "${value}": write an interval such as "90 days", or "forever".`, { cause: error }) })
  if (row?.is_enough !== true && setting !== 'COMPRESS_AFTER') {
    throw new Error(`${setting} is "${value}": at least ${shortest} are needed, so that the rollups are made before the rows go.`)
  }
  return String(row?.interval)
}

/** Raw rows kept for ever: refreshes still stop somewhere, so that old buckets can be compressed. */
const longestReach = '365 days'

/**
 * How far back a rollup is refreshed: less than its raw rows and it itself are kept, else a refresh would delete what the rows are gone for.
 * `beyondReach` is one day more: a bucket that old changes no longer.
 */
export async function rollupReach (db: Queryable, rollup: Rollup, retention: Retention): Promise<{ reach: string, beyondReach: string }> {
  const { rows: [row] } = await db.query(
    "select least::text as beyond_reach, (least - interval '1 day')::text as reach from least($1::interval, $2::interval, $3::interval)",
    [retention[rollup.sourceKeep], retention[rollup.keep], longestReach])
  return { reach: String(row?.reach), beyondReach: String(row?.beyond_reach) }
}
