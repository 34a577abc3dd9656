import { less, unmeasured, type Bench, type Figure } from '../support/bench.js'
import { startLoad } from '../support/load.js'
import { embeddedFolder, startCollector, type Storage } from '../support/programs.js'
import { within, type Scope } from '../support/scope.js'
import { createNativeDatabase, openClient } from '../support/servers.js'
import { count } from '../support/stats.js'
import { makeTraffic } from '../support/traffic.js'

const what = 'bytes on disk per path_result once compressed'
const mostBytes = 15
const nodes = 20
const days = 3

interface Size { before: number, after: number, rows: number }

/** Several days of a small mesh, so that each path has as many rows a day as in a large one. Indexes and TOAST count. */
export async function disk (bench: Bench): Promise<Figure> {
  return await within(bench.scope, async (scope) => {
    const server = await bench.native()
    const community = server.ok && server.edition === 'Community'
    const storage = community ? { url: await createNativeDatabase(scope, server) } : embeddedFolder(scope)
    const { before, after, rows } = await measure(bench, scope, storage)
    if (rows === 0) return unmeasured(what, `< ${mostBytes}`, 'no chunk was compressed')
    const bytes = after / rows
    return {
      what,
      measured: bytes.toFixed(1),
      target: `< ${mostBytes}`,
      pass: bytes < mostBytes,
      numbers: { bytes_per_path_result: less(bytes) },
      notes: [`${count(rows)} rows of ${days} days of a simulated mesh of ${nodes} nodes; ${(before / rows).toFixed(0)} bytes before`, community ? server.description : 'embedded database'],
      data: { before, after, rows, database: community ? server.description : 'embedded' },
    }
  })
}

async function measure (bench: Bench, scope: Scope, storage: Storage): Promise<Size> {
  bench.progress(`simulating ${days} days`)
  const file = await makeTraffic(scope, { nodes, hours: Math.ceil(days * 24 * bench.scale), limit: 2_000_000 })
  const collector = await startCollector(scope, storage)
  const load = await startLoad(scope, { port: collector.port, file, perRequest: 100, connections: 8 })
  const { messages, stored } = await load.run({ firstPass: 0 })
  bench.progress(`${count(stored)} of ${count(messages)} messages stored, compressing`)
  const client = await openClient(scope, collector.database)
  await client.query("select compress_chunk(c, if_not_compressed => true) from show_chunks('path_probe') c")
  const { rows: [size] } = await client.query<{ before: string, after: string, rows: string }>(`
    select coalesce(sum(before_compression_total_bytes), 0) as before, coalesce(sum(after_compression_total_bytes), 0) as after,
      (select count(*) from path_probe) as rows
    from hypertable_compression_stats('path_probe')`)
  return { before: Number(size!.before), after: Number(size!.after), rows: Number(size!.after) === 0 ? 0 : Number(size!.rows) }
}
