import type pg from 'pg'

/** A path row as SQL text of its values: `age` is how long before now its window was sent, a PostgreSQL interval. */
export interface Probe {
  age: string
  src?: string
  dst?: string
  rtt?: number | null
  jitter?: number | null
  loss?: number | null
  timingUsable?: boolean
  lossUsable?: boolean
}

const insertProbes = `
  insert into path_probe (time, received_at, src, dst, peer, route, rtt_ms, jitter_ms, loss_pct, window_s, timing_usable, loss_usable)
  select time_bucket(interval '1 hour', now()) - age::interval, now(), src, dst, dst, jsonb_build_array(src, dst), rtt, jitter, loss, 5, timing, loss_ok
  from unnest($1::text[], $2::text[], $3::text[], $4::real[], $5::real[], $6::float8[], $7::bool[], $8::bool[])
    as p (age, src, dst, rtt, jitter, loss, timing, loss_ok)
  on conflict do nothing`

/** Stores path rows, counted back from the last full hour, and returns how many were new. */
export async function storeProbes (pool: pg.Pool, probes: Probe[]): Promise<number> {
  const column = <T>(get: (probe: Probe) => T): T[] => probes.map(get)
  const { rowCount } = await pool.query(insertProbes, [
    column(({ age }) => age), column(({ src }) => src ?? 'node-A'), column(({ dst }) => dst ?? 'node-K'),
    column(({ rtt }) => rtt === undefined ? 10 : rtt), column(({ jitter }) => jitter === undefined ? 2 : jitter), column(({ loss }) => loss === undefined ? 0 : loss),
    column(({ timingUsable }) => timingUsable ?? true), column(({ lossUsable }) => lossUsable ?? true),
  ])
  return rowCount ?? 0
}
