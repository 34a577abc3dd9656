import type { MigrationBuilder } from 'node-pg-migrate'
import { detectEdition } from '../src/database/edition.js'

/*
 * Every column of a unique key is in segmentby or orderby, so that a late duplicate finds its batch without unpacking others.
 * crash_reports and worker_event stay as they are: a batch of one or two rows is larger than the rows.
 */
const compressed = [
  { name: 'path_probe', segmentBy: 'src, dst, peer', orderBy: 'time desc' },
  { name: 'hop_quality', segmentBy: 'from_node, to_node', orderBy: 'time desc, src, dst, hop_index, link_type' },
  { name: 'agent_health', segmentBy: 'node', orderBy: 'time desc, source' },
  { name: 'phone_test', segmentBy: 'node, phone_number', orderBy: 'time desc' },
  { name: 'radio_metrics', segmentBy: 'node, metric', orderBy: 'time desc' },
]

const compressedRollups = [
  { source: 'path_probe', segmentBy: 'src, dst' },
  { source: 'hop_quality', segmentBy: 'from_node, to_node' },
  { source: 'agent_health', segmentBy: 'node' },
  { source: 'radio_metrics', segmentBy: 'node, metric' },
]

export async function up (pgm: MigrationBuilder): Promise<void> {
  if (await detectEdition(pgm.db) === 'apache') return
  for (const { name, segmentBy, orderBy } of compressed) {
    pgm.sql(`alter table ${name} set (timescaledb.compress, timescaledb.compress_segmentby = '${segmentBy}', timescaledb.compress_orderby = '${orderBy}')`)
  }
  for (const { source, segmentBy } of compressedRollups) {
    for (const name of [`${source}_hourly`, `${source}_daily`]) {
      pgm.sql(`
        alter materialized view ${name}
        set (timescaledb.compress, timescaledb.compress_segmentby = '${segmentBy}', timescaledb.compress_orderby = 'bucket desc')`)
    }
  }
}

export async function down (pgm: MigrationBuilder): Promise<void> {
  if (await detectEdition(pgm.db) === 'apache') return
  for (const { source } of compressedRollups) {
    for (const name of [`${source}_hourly`, `${source}_daily`]) pgm.sql(`alter materialized view ${name} set (timescaledb.compress = false)`)
  }
  for (const { name } of compressed) pgm.sql(`alter table ${name} set (timescaledb.compress = false)`)
}
