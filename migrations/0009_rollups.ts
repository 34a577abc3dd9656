import type { MigrationBuilder } from 'node-pg-migrate'
import { detectEdition } from '../src/database/edition.js'

interface Rollup {
  source: string
  keys: string[]
  measures: string[]
  /** Chunk of the rollup itself, and of the daily one: about a million rows with 300 paths. */
  chunks: { hourly: string, daily: string }
}

/** avg, min and max of one measure over its usable values, and how many those are (the weight when hours are joined). */
function averages (name: string, usable?: string): string[] {
  const filter = usable === undefined ? '' : ` filter (where ${usable})`
  return [
    `count(${name})${filter} as ${name}_n`,
    `avg(${name})${filter} as ${name}_avg`,
    `min(${name})${filter} as ${name}_min`,
    `max(${name})${filter} as ${name}_max`,
  ]
}

/** The same and p95. */
function statistics (name: string, usable?: string): string[] {
  const filter = usable === undefined ? '' : ` filter (where ${usable})`
  return [
    ...averages(name, usable),
    `percentile_cont(0.95) within group (order by ${name})${filter} as ${name}_p95`,
  ]
}

const rollups: Rollup[] = [
  {
    source: 'path_probe',
    keys: ['src', 'dst'],
    measures: [
      'count(*) as n', ...statistics('rtt_ms', 'timing_usable'), ...statistics('jitter_ms', 'timing_usable'), ...statistics('loss_pct', 'loss_usable'),
    ],
    chunks: { hourly: '30 days', daily: '365 days' },
  },
  {
    source: 'hop_quality',
    keys: ['from_node', 'to_node', 'link_type'],
    measures: [
      'count(*) as n', ...statistics('lq'), ...statistics('nlq'), ...statistics('etx', 'not route_cost'), ...statistics('rtt_ms'),
      ...statistics('signal_dbm'), ...statistics('noise_dbm'), ...statistics('tx_bitrate_mbps'), ...statistics('rxcost'), ...statistics('txcost'),
      ...statistics('quality'),
    ],
    chunks: { hourly: '30 days', daily: '365 days' },
  },
  {
    source: 'agent_health',
    keys: ['node'],
    measures: [
      'count(*) as n',
      ...['cpu_pct', 'mem_mb', 'free_mem_mb', 'load1', 'health_score', 'uptime_seconds', 'restart_count', 'queue_len', 'neighbors_seen'].flatMap((name) => averages(name)),
    ],
    chunks: { hourly: '30 days', daily: '365 days' },
  },
  {
    source: 'radio_metrics',
    keys: ['node', 'metric'],
    measures: [
      'count(*) as n', 'avg(value) as avg', 'min(value) as min', 'max(value) as max', 'first(value, time) as first', 'last(value, time) as last',
    ],
    chunks: { hourly: '90 days', daily: '365 days' },
  },
]

const steps = [{ suffix: 'hourly', width: '1 hour' }, { suffix: 'daily', width: '1 day' }] as const

const select = ({ source, keys, measures }: Rollup, width: string, where = ''): string => `
    select time_bucket(interval '${width}', time) as bucket, ${keys.join(', ')}, ${measures.join(', ')}
    from ${source} ${where}
    group by 1, ${keys.join(', ')}`

/** Daily rollups are made from raw rows as well: percentile_cont can't be joined from hours. */
function createContinuous (pgm: MigrationBuilder, rollup: Rollup): void {
  for (const { suffix, width } of steps) {
    const name = `${rollup.source}_${suffix}`
    pgm.sql(`
      create materialized view ${name}
      with (timescaledb.continuous, timescaledb.materialized_only = false, timescaledb.create_group_indexes = false) as ${select(rollup, width)}
      with no data`)
    pgm.sql(`select set_chunk_time_interval('${name}', interval '${rollup.chunks[suffix]}')`)
    pgm.sql(`create index on ${name} (${rollup.keys.join(', ')}, bucket desc)`)
  }
}

/**
 * The Apache edition: finished buckets lie in NAME_stored, a trigger marks the buckets that rows touch, the view NAME takes marked
 * buckets from the raw rows and all others from the store. docs/decisions/rollups-without-continuous-aggregates.md
 */
function createOrdinary (pgm: MigrationBuilder, rollup: Rollup): void {
  const { source, keys } = rollup
  for (const { suffix, width } of steps) {
    const name = `${source}_${suffix}`
    pgm.sql(`create table ${name}_stored as ${select(rollup, width)} with no data`)
    pgm.sql(`
      alter table ${name}_stored alter bucket set not null;
      select create_hypertable('${name}_stored', 'bucket', chunk_time_interval => interval '${rollup.chunks[suffix]}', create_default_indexes => false);
      create unique index ${name}_stored_key on ${name}_stored (${keys.join(', ')}, bucket desc);
      create index ${name}_stored_bucket on ${name}_stored (bucket desc)`)
    pgm.sql(`
      create function ${name}_live (bucket_start timestamptz) returns setof ${name}_stored
      language sql stable
      begin atomic ${select(rollup, width, `where time >= bucket_start and time < bucket_start + interval '${width}'`)};
      end`)
    pgm.sql(`
      create view ${name} as
      select stored.* from ${name}_stored stored
      where not exists (select from touched_buckets touched where touched.rollup = '${name}' and touched.bucket = stored.bucket)
      union all
      select live.* from (select distinct bucket from touched_buckets where rollup = '${name}') touched
      cross join lateral ${name}_live(touched.bucket) live`)
  }
  pgm.sql(`
    create function ${source}_touch () returns trigger language plpgsql as $$
    begin
      insert into touched_buckets (rollup, bucket)
      with hours as (select distinct time_bucket(interval '1 hour', time) as hour from arrived)
      select '${source}_hourly', hour from hours
      union all
      select distinct '${source}_daily', time_bucket(interval '1 day', hour) from hours;
      return null;
    end $$;
    create trigger ${source}_touch after insert on ${source} referencing new table as arrived for each statement execute function ${source}_touch();
  `)
}

export async function up (pgm: MigrationBuilder): Promise<void> {
  const edition = await detectEdition(pgm.db)
  if (edition === 'apache') {
    pgm.sql(`
      create table touched_buckets (rollup text not null, bucket timestamptz not null);
      create index touched_buckets_rollup on touched_buckets (rollup, bucket);
    `)
  }
  const create = edition === 'apache' ? createOrdinary : createContinuous
  for (const rollup of rollups) create(pgm, rollup)
}

export async function down (pgm: MigrationBuilder): Promise<void> {
  const edition = await detectEdition(pgm.db)
  for (const { source } of rollups) {
    if (edition === 'apache') pgm.sql(`drop trigger ${source}_touch on ${source}; drop function ${source}_touch`)
    for (const { suffix } of steps) {
      const name = `${source}_${suffix}`
      if (edition === 'apache') pgm.sql(`drop view ${name}; drop function ${name}_live; drop table ${name}_stored`)
      else pgm.sql(`drop materialized view ${name}`)
    }
  }
  if (edition === 'apache') pgm.sql('drop table touched_buckets')
}
