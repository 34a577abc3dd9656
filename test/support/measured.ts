import type pg from 'pg'

/** A path row as a rule sees it; `route` is the way from src to dst unless given, `windowS` null makes it one of network_status. */
export interface PathRow {
  atMs: number
  receivedMs?: number
  src: string
  dst: string
  route?: string[]
  jitter?: number | null
  loss?: number | null
  windowS?: number | null
  timingUsable?: boolean
  lossUsable?: boolean
}

export interface HopRow {
  atMs: number
  receivedMs?: number
  src: string
  dst: string
  index?: number
  from: string
  to: string
  type?: string
  lq?: number | null
  nlq?: number | null
  etx?: number | null
  signal?: number | null
  noise?: number | null
  routeCost?: boolean
}

/** Stores path rows that were received when they were sent, unless said otherwise. */
export async function storePaths (pool: pg.Pool, rows: PathRow[]): Promise<void> {
  await insert(pool, 'path_probe', rows.map((row) => ({
    time: isoOf(row.atMs), received_at: isoOf(row.receivedMs ?? row.atMs), src: row.src, dst: row.dst, peer: row.dst, route: row.route ?? [row.src, row.dst],
    jitter_ms: row.jitter ?? null, loss_pct: row.loss ?? null, window_s: row.windowS === undefined ? 5 : row.windowS,
    timing_usable: row.timingUsable ?? true, loss_usable: row.lossUsable ?? true,
  })))
}

export async function storeHops (pool: pg.Pool, rows: HopRow[]): Promise<void> {
  await insert(pool, 'hop_quality', rows.map((row) => ({
    time: isoOf(row.atMs), received_at: isoOf(row.receivedMs ?? row.atMs), src: row.src, dst: row.dst, hop_index: row.index ?? 0, from_node: row.from, to_node: row.to,
    link_type: row.type ?? 'rf', lq: row.lq ?? null, nlq: row.nlq ?? null, etx: row.etx ?? null, signal_dbm: row.signal ?? null, noise_dbm: row.noise ?? null,
    route_cost: row.routeCost ?? false,
  })))
}

export async function storeHealth (pool: pg.Pool, rows: Array<{ atMs: number, node: string, cpu?: number | null, load1?: number | null, source?: string }>): Promise<void> {
  await insert(pool, 'agent_health', rows.map(({ atMs, node, cpu = null, load1 = null, source = 'agent' }) =>
    ({ time: isoOf(atMs), received_at: isoOf(atMs), node, source, cpu_pct: cpu, load1 })))
}

async function insert (pool: pg.Pool, table: string, rows: object[]): Promise<void> {
  const columns = Object.keys(rows[0] ?? {}).join(', ')
  await pool.query(`insert into ${table} (${columns}) select ${columns} from jsonb_populate_recordset(null::${table}, $1)`, [JSON.stringify(rows)])
}

function isoOf (ms: number): string {
  return new Date(ms).toISOString()
}
