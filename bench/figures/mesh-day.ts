import type { Client } from 'pg'
import { less, unmeasured, type Bench, type Figure } from '../support/bench.js'
import { simulate, startCollector } from '../support/programs.js'
import { within } from '../support/scope.js'
import { createNativeDatabase, openClient } from '../support/servers.js'
import { count } from '../support/stats.js'

const nodes = 1000
const what = `24 h of a mesh of ${nodes} nodes with 40 faults, simulated at speed, native server`
const target = 'no error, every message stored'
/** In a whole day; a short one has no place for them. */
const faults = 40
const perRequest = 500

const sizes = `
select hypertable_name as name, approximate_row_count(format('%I', hypertable_name)::regclass)::bigint as rows,
  (select total_bytes from hypertable_detailed_size(format('%I', hypertable_name)::regclass))::bigint as bytes
from timescaledb_information.hypertables where hypertable_schema = 'public' order by bytes desc`

const compressAll = `
select compress_chunk(format('%I.%I', chunk_schema, chunk_name)::regclass, if_not_compressed => true) from timescaledb_information.chunks
where hypertable_name = any ($1)`

interface Size { name: string, rows: string, bytes: string }

/** Posted as fast as it goes. Disk space of what was measured in that day, before and after compression; aggregates are beside. */
export async function meshDay (bench: Bench): Promise<Figure> {
  const server = await bench.native()
  if (!server.ok) return unmeasured(what, target, server.reason)
  const hours = Math.max(1, Math.round(24 * bench.scale))
  return await within(bench.scope, async (scope) => {
    const collector = await startCollector(scope, { url: await createNativeDatabase(scope, server) })
    const client = await openClient(scope, collector.database)
    const since = performance.now()
    const printed = await simulate(scope, ['--url', `http://127.0.0.1:${collector.port}`, '--nodes', String(nodes), '--backfill', `${hours}h`, '--faults', String(hours === 24 ? faults : 0), '--batch', String(perRequest), '--json'])
    const sent = JSON.parse(printed.slice(printed.indexOf('{'))) as { messages: number, stored: number, duplicates: number }
    const tookS = (performance.now() - since) / 1000
    bench.progress(`${count(sent.stored)} messages stored in ${(tookS / 60).toFixed(1)} min; compressing`)
    const rejected = Number((await client.query<{ rows: string }>('select count(*) as rows from rejected_messages')).rows[0]!.rows)
    const before = await measure(client)
    const rssMb = collector.rssMb()
    // The Apache edition has no compression.
    const compresses = server.edition === 'Community'
    if (compresses) await client.query(compressAll, [before.map(({ name }) => name)])
    const after = await measure(client)
    const errors = collector.errors()
    const perNodeKb = (all: Size[]): number => totalBytes(all) / 1024 / nodes * 24 / hours
    return {
      what,
      measured: `${errors.length} errors, ${count(sent.stored)} of ${count(sent.messages)} messages stored, ${rejected} rejected; ${perDay(before, hours)} before compression${compresses ? `, ${perDay(after, hours)} after` : ''}`,
      target,
      pass: errors.length === 0 && rejected === 0 && sent.stored === sent.messages,
      ...(compresses && { numbers: { kb_per_node_day: less(perNodeKb(after)) } }),
      notes: [
        ...(hours === 24 ? [] : [`${hours} h only`]),
        `${(tookS / 60).toFixed(1)} min, ${count(sent.stored / tookS)} messages/s; collector at ${rssMb.toFixed(0)} MB in the end`,
        ...before.filter(({ rows }) => Number(rows) > 0).map(({ name, rows, bytes }) => `${name}: ${count(Number(rows))} rows, ${mb(Number(bytes))} MB, compressed ${mb(Number(after.find((one) => one.name === name)!.bytes))} MB`),
        ...errors.slice(0, 3), server.description,
      ],
      data: { server: server.description, hours, sent, rejected, before, after, errors: errors.slice(0, 20), tookS, rssMb },
    }

    async function measure (client: Client): Promise<Size[]> {
      return (await client.query<Size>(sizes)).rows.filter(({ bytes }) => Number(bytes) > 0)
    }
    function perDay (all: Size[], hours: number): string {
      return `${mb(totalBytes(all) * 24 / hours)} MB a day, ${perNodeKb(all).toFixed(0)} KB a node`
    }
  })
}

function totalBytes (all: Size[]): number {
  return all.reduce((sum, { bytes }) => sum + Number(bytes), 0)
}

const mb = (bytes: number): string => count(bytes / 2 ** 20)
