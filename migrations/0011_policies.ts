import type { MigrationBuilder } from 'node-pg-migrate'
import { detectEdition } from '../src/database/edition.js'

/*
 * The defaults of the settings; src/database/policies.ts changes them at every start to what is set.
 * A refresh reaches back to the retention of its raw rows less one day: further would delete what the rows are gone for. radio_metrics
 * is kept for ever, so its rollups reach back a year; older rows come by an import, which refreshes what it fills.
 * A rollup is compressed once no refresh reaches it.
 */
const retention = {
  path_probe: '90 days',
  hop_quality: '90 days',
  agent_health: '90 days',
  phone_test: '90 days',
  worker_event: '90 days',
  crash_reports: '365 days',
  path_probe_hourly: '365 days',
  hop_quality_hourly: '365 days',
  agent_health_hourly: '365 days',
  radio_metrics_hourly: '365 days',
}

const compressed = ['path_probe', 'hop_quality', 'agent_health', 'phone_test', 'radio_metrics']

const rollups = [
  { source: 'path_probe', reach: '89 days', compressAfter: '90 days' },
  { source: 'hop_quality', reach: '89 days', compressAfter: '90 days' },
  { source: 'agent_health', reach: '89 days', compressAfter: '90 days' },
  { source: 'radio_metrics', reach: '364 days', compressAfter: '365 days' },
]

const refreshEvery = { hourly: '30 minutes', daily: '3 hours' }

export async function up (pgm: MigrationBuilder): Promise<void> {
  if (await detectEdition(pgm.db) === 'apache') return
  for (const { source, reach, compressAfter } of rollups) {
    for (const [suffix, every] of Object.entries(refreshEvery)) {
      pgm.sql(`
        select add_continuous_aggregate_policy('${source}_${suffix}',
          start_offset => interval '${reach}', end_offset => interval '1 hour', schedule_interval => interval '${every}');
        select add_compression_policy('${source}_${suffix}', interval '${compressAfter}', schedule_interval => interval '1 day');
      `)
    }
  }
  for (const name of compressed) pgm.sql(`select add_compression_policy('${name}', interval '7 days', schedule_interval => interval '6 hours')`)
  for (const [name, keep] of Object.entries(retention)) {
    pgm.sql(`select add_retention_policy('${name}', interval '${keep}', schedule_interval => interval '1 day')`)
  }
}

export async function down (pgm: MigrationBuilder): Promise<void> {
  if (await detectEdition(pgm.db) === 'apache') return
  for (const name of Object.keys(retention)) pgm.sql(`select remove_retention_policy('${name}', if_exists => true)`)
  for (const name of compressed) pgm.sql(`select remove_compression_policy('${name}', if_exists => true)`)
  for (const { source } of rollups) {
    for (const suffix of Object.keys(refreshEvery)) {
      pgm.sql(`
        select remove_compression_policy('${source}_${suffix}', if_exists => true);
        select remove_continuous_aggregate_policy('${source}_${suffix}', if_exists => true);
      `)
    }
  }
}
