import { createReadStream, createWriteStream } from 'node:fs'
import { once } from 'node:events'
import { rm } from 'node:fs/promises'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { finished } from 'node:stream/promises'
import { simulate } from './programs.js'
import type { Scope } from './scope.js'

export interface TrafficOptions {
  nodes: number
  /** Paths that are not simulated for longer than this. */
  hours: number
  limit: number
}

/** Messages of these types only. */
const wanted = '"type":"path_result"'

/**
 * path_results of a simulated mesh, one a line, ending now. Times get six more digits (`…:05.000000Z`), which the load generator
 * counts up, so that one file gives any number of new rows.
 */
export async function makeTraffic (scope: Scope, { nodes, hours, limit }: TrafficOptions): Promise<string> {
  const raw = join(scope.folder, `simulated-${nodes}.ndjson`)
  const file = join(scope.folder, `traffic-${nodes}.ndjson`)
  await simulate(scope, ['--nodes', String(nodes), '--backfill', `${hours}h`, '--out', raw])
  const out = createWriteStream(file)
  let lines = 0
  for await (const line of createInterface(createReadStream(raw))) {
    if (!line.includes(wanted)) continue
    if (!out.write(`${line.replace(/("sent_at":"[^"]{19})Z"/, '$1.000000Z"')}\n`)) await once(out, 'drain')
    if (++lines === limit) break
  }
  out.end()
  await finished(out)
  await rm(raw)
  return file
}
