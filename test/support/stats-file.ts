import { writeFileSync } from 'node:fs'
import initSqlJs, { type Statement } from 'sql.js'

/** The tables of meshcore-stats' database schema 2. */
const schema = `
create table db_meta (key text primary key not null, value text not null) strict, without rowid;
create table metrics (ts integer not null, role text not null, metric text not null, value real, primary key (ts, role, metric)) strict, without rowid;
create index idx_metrics_role_ts on metrics (role, ts);`

export type StatsTuple = [ts: number, role: string, metric: string, value: number | null]

/** Writes a metrics.db as meshcore-stats leaves it when it is stopped. */
export async function writeStatsFile (path: string, rows: Iterable<StatsTuple>, tables = schema): Promise<void> {
  const { Database } = await initSqlJs()
  const database = new Database()
  database.exec(tables)
  database.exec('begin')
  let insert: Statement | undefined
  for (const row of rows) (insert ??= database.prepare('insert into metrics values (?, ?, ?, ?)')).run(row)
  insert?.free()
  database.exec('commit')
  const bytes = database.export()
  database.close()
  // Its journal mode is WAL.
  bytes[18] = bytes[19] = 2
  writeFileSync(path, bytes)
}

const companionMetrics = ['battery_mv', 'contacts', 'recv', 'sent', 'uptime_secs']
const repeaterMetrics = ['airtime', 'bat', 'direct_dups', 'flood_dups', 'full_evts', 'last_rssi', 'last_snr', 'nb_recv', 'nb_sent', 'noise_floor', 'recv_direct', 'recv_flood', 'rx_airtime', 'sent_direct', 'sent_flood', 'tx_queue_len', 'uptime']

/** A history of `rows` rows that ends at `endS`: a companion read every `stepS` seconds, a repeater every 15 times that. */
export function * history (rows: number, endS: number, stepS = 60): Generator<StatsTuple> {
  const perStep = companionMetrics.length + repeaterMetrics.length / 15
  const steps = Math.ceil(rows / perStep)
  let left = rows
  for (let step = 0; step < steps && left > 0; step++) {
    const ts = endS - (steps - step) * stepS
    const day = 2 * Math.PI * ts / 86_400
    const value = (metric: string): number => /^bat/.test(metric) ? Math.round(3900 + 200 * Math.sin(day)) : metric === 'last_snr' ? -6.5 : /rssi|noise/.test(metric) ? -100 : step
    const readings: [string, string[]][] = [['companion', companionMetrics], ...step % 15 === 0 ? [['repeater', repeaterMetrics] satisfies [string, string[]]] : []]
    for (const [role, metrics] of readings) for (const metric of metrics) if (left-- > 0) yield [ts, role, metric, value(metric)]
  }
}
