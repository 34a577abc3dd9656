import { statfs } from 'node:fs/promises'
import type { Pool } from 'pg'
import { detectEdition } from '../../database/edition.js'
import { measurements } from '../../database/relations.js'
import { resolveRetention, type Retention, type RetentionSettings } from '../../database/retention.js'
import { ok, problem, warning, type Finding } from '../finding.js'

export interface Space { freeBytes: number, totalBytes: number }

export interface SpaceContext {
  /** The folder whose disk fills up; null where the database is a server, whose disk can't be seen from here. */
  dataDir: string | null
  settings: RetentionSettings
  /** The disk that holds a folder; asked of the system unless given. */
  measure?: (folder: string) => Promise<Space>
}

/** Shares of the disk, and days until it is full. */
const little = { share: 0.1, days: 30 }
const tooLittle = { share: 0.05, days: 7 }

/** How much the database takes and gains, and how long its disk lasts. */
export async function checkSpace (db: Pool, { dataDir, settings, measure = measureDisk }: SpaceContext): Promise<Finding[]> {
  const check = 'disk'
  const retention = await resolveRetention(db, settings)
  const { rows: [size] } = await db.query<{ bytes: number }>('select pg_database_size(current_database())::float8 as bytes')
  const bytesPerDay = await growth(db, retention)
  const grows = bytesPerDay === null ? 'too young to tell how it grows' : bytesPerDay < 1e5 ? 'it hardly grows' : `it grows by ${sizeText(bytesPerDay)} a day`
  const text = `the database takes ${sizeText(size?.bytes ?? 0)}, ${grows}`
  if (dataDir === null) return [ok(check, `${text}; how much is free only its server knows: df -h`)]
  const { freeBytes, totalBytes } = await measure(dataDir)
  const days = bytesPerDay === null || bytesPerDay < 1e5 ? Infinity : freeBytes / bytesPerDay
  const told = `${text}; ${sizeText(freeBytes)} of ${sizeText(totalBytes)} are free${days < 3650 ? `, which last ${Math.floor(days)} days at that rate` : ''}`
  const steps = ['See what takes it: meshmon sql "select hypertable_name, pg_size_pretty(hypertable_size(format(\'%I\', hypertable_name)::regclass)) from timescaledb_information.hypertables where hypertable_schema = \'public\'"',
    'Keep less: RETENTION_RAW=30 days in meshmon.conf, then restart the collector', 'Remove old backups, or keep them on another disk: meshmon backup --keep 14 /mnt/']
  if (freeBytes < tooLittle.share * totalBytes || days < tooLittle.days) return [problem(check, told, ...steps)]
  if (freeBytes < little.share * totalBytes || days < little.days) return [warning(check, told, ...steps)]
  return [ok(check, told)]
}

async function measureDisk (folder: string): Promise<Space> {
  const { bsize, bavail, blocks } = await statfs(folder)
  return { freeBytes: bavail * bsize, totalBytes: blocks * bsize }
}

/*
 * What a day adds in the end: new rows until the first are compressed, from then on what a compressed day takes; nothing once the oldest
 * are dropped each day. Days by the chunks' own ranges: what has come late counts where it belongs.
 */
const selectGrowth = `
  with sizes as (
    select known.name, known.keep, c.range_start, c.range_end, c.is_compressed, d.total_bytes
    from unnest($1::text[], $2::text[]) as known (name, keep)
    cross join lateral chunks_detailed_size(format('%I', known.name)::regclass) d
    join timescaledb_information.chunks c on c.chunk_schema = d.chunk_schema and c.chunk_name = d.chunk_name
  ), totals as (
    select name, coalesce(min(range_start) < now() - min(keep)::interval, false) as is_steady,
      sum(total_bytes) filter (where not is_compressed and range_end > now() - interval '8 days')::float8 as fresh_bytes,
      extract(epoch from now() - min(range_start) filter (where not is_compressed and range_end > now() - interval '8 days'))::float8 / 86400 as fresh_days,
      sum(total_bytes) filter (where is_compressed)::float8 as packed_bytes,
      (extract(epoch from sum(range_end - range_start) filter (where is_compressed)) / 86400)::float8 as packed_days
    from sizes where range_start < now() group by name
  )
  select sum(case when is_steady then 0 when packed_days > 0 then packed_bytes / packed_days when fresh_days > 0.25 then fresh_bytes / fresh_days end) as bytes_per_day from totals`

/** Bytes; null where there is less than a quarter of a day. */
async function growth (db: Pool, retention: Retention): Promise<number | null> {
  const { rows: [row] } = await db.query<{ bytes_per_day: number | null }>(selectGrowth, [measurements.map(({ name }) => name), measurements.map(({ keep }) => retention[keep])])
  return row?.bytes_per_day ?? null
}

interface Late { name: string, chunks: number }

const selectUncompressed = `
  select known.name, count(*)::integer as chunks
  from unnest($1::text[]) as known (name)
  join timescaledb_information.chunks c on c.hypertable_name = known.name and not c.is_compressed and c.range_end < now() - $2::interval - interval '2 days'
  group by known.name order by known.name`

const selectUndropped = `
  select known.name, count(*)::integer as chunks
  from unnest($1::text[], $2::text[]) as known (name, keep)
  join timescaledb_information.chunks c on c.hypertable_name = known.name and c.range_end < now() - known.keep::interval - interval '2 days'
  where (select min(run_on) < now() - interval '2 days' from schema_migrations)
  group by known.name order by known.name`

/** Chunks that should have been compressed or dropped two days ago and more: what fills a disk unseen. */
export async function checkChunks (db: Pool, { settings }: Pick<SpaceContext, 'settings'>): Promise<Finding[]> {
  const retention = await resolveRetention(db, settings)
  const { compressAfter } = retention
  const findings: Finding[] = []
  if (compressAfter !== null && await detectEdition(db) === 'community') {
    const { rows } = await db.query<Late>(selectUncompressed, [measurements.filter(({ isCompressed }) => isCompressed).map(({ name }) => name), compressAfter])
    findings.push(...rows.map(({ name, chunks }) => warning('compression', `${chunks} chunks of ${name} are older than ${compressAfter} and not compressed`,
      `Compress them: meshmon sql "select compress_chunk(c, true) from show_chunks('${name}', older_than => interval '${compressAfter}') c"`)))
    if (rows.length === 0) findings.push(ok('compression', `whatever is older than ${compressAfter} is compressed`))
  }
  const kept = measurements.map(({ name, keep }) => ({ name, keep: retention[keep] })).filter(({ keep }) => keep !== null)
  const { rows } = await db.query<Late>(selectUndropped, [kept.map(({ name }) => name), kept.map(({ keep }) => keep)])
  findings.push(...rows.map(({ name, chunks }) => warning('retention', `${chunks} chunks of ${name} are kept beyond their time`,
    `Drop them: meshmon sql "select drop_chunks('${name}', older_than => interval '${kept.find((one) => one.name === name)?.keep}')"`)))
  if (rows.length === 0) findings.push(ok('retention', 'nothing is kept beyond its time'))
  return findings
}

const units = ['bytes', 'kB', 'MB', 'GB', 'TB']

/** `1.2 GB`, in powers of 1000 as disks are sold. */
export function sizeText (bytes: number): string {
  const power = Math.min(Math.max(Math.floor(Math.log10(Math.max(bytes, 1)) / 3), 0), units.length - 1)
  const value = bytes / 1000 ** power
  return `${power === 0 || value >= 100 ? Math.round(value) : value.toFixed(1)} ${units[power]}`
}
