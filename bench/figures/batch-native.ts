import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { closeSync, openSync } from 'node:fs'
import { join } from 'node:path'
import { more, less, unmeasured, type Bench, type Figure } from '../support/bench.js'
import { startLoad } from '../support/load.js'
import { startCollector } from '../support/programs.js'
import { within } from '../support/scope.js'
import { createNativeDatabase, openClient } from '../support/servers.js'
import { count, median } from '../support/stats.js'

const what = 'messages/s through POST /ingest, 100 per request, native server, against COPY of the same rows'
const target = '≥ 0.6 × COPY'

/** Rounds of ingest, then COPY by psql of exactly the rows that the collector stored, each into the emptied table. */
export async function batchNative (bench: Bench): Promise<Figure> {
  const server = await bench.native()
  if (!server.ok) return unmeasured(what, target, server.reason)
  const file = await bench.traffic()
  return await within(bench.scope, async (scope) => {
    const url = await createNativeDatabase(scope, server)
    const collector = await startCollector(scope, { url })
    const client = await openClient(scope, collector.database)
    const load = await startLoad(scope, { port: collector.port, file, perRequest: 100, connections: 8, limit: 100_000 * bench.scale })
    const rowsFile = join(scope.folder, 'path_probe.copy')
    const empty = async (): Promise<void> => {
      await client.query('truncate path_probe')
      await client.query('checkpoint')
    }

    const rounds: { ingest: number, copy: number, ratio: number, cpuUs: number }[] = []
    for (let round = 0; round <= bench.rounds; round++) {
      await empty()
      const before = collector.cpuS()
      const { messages, stored, seconds, failures } = await load.run({ firstPass: round })
      if (stored !== messages || Object.keys(failures).length > 0) throw new Error(`${stored} of ${messages} messages stored; other answers: ${JSON.stringify(failures)}`)
      const cpuUs = (collector.cpuS() - before) * 1e6 / messages
      await psql(url, ['-c', 'copy (select * from path_probe) to stdout'], { to: rowsFile })
      await empty()
      const copyMs = Number(/Time: ([\d.]+) ms/.exec(await psql(url, ['-c', '\\timing on', '-c', 'copy path_probe from stdin'], { from: rowsFile }))?.[1])
      const { rows: [copied] } = await client.query<{ rows: number }>('select count(*)::int as rows from path_probe')
      if (copied?.rows !== messages) throw new Error(`COPY brought ${copied?.rows} of ${messages} rows`)
      // The first round warms everything up.
      if (round === 0) continue
      const [ingest, copy] = [messages / seconds, messages / (copyMs / 1000)]
      rounds.push({ ingest, copy, ratio: ingest / copy, cpuUs })
      bench.progress(`round ${round}: ingest ${count(ingest)}/s, COPY ${count(copy)}/s, ratio ${(ingest / copy).toFixed(2)}`)
    }
    const ratio = median(rounds.map((round) => round.ratio))
    return {
      what,
      measured: `${ratio.toFixed(2)} × (${count(median(rounds.map(({ ingest }) => ingest)))}/s; COPY ${count(median(rounds.map(({ copy }) => copy)))}/s)`,
      target,
      pass: ratio >= 0.6,
      numbers: { batch_ratio: more(ratio), batch_cpu_us: less(median(rounds.map(({ cpuUs }) => cpuUs))) },
      notes: [server.description, `collector: ${median(rounds.map(({ cpuUs }) => cpuUs)).toFixed(1)} µs of processor time per message`],
      data: { server: server.description, rounds },
    }
  })
}

/** Runs psql and returns what it prints, when that does not go to a file. */
async function psql (url: string, args: string[], { from, to }: { from?: string, to?: string }): Promise<string> {
  const files = [from === undefined ? undefined : openSync(from, 'r'), to === undefined ? undefined : openSync(to, 'w')]
  try {
    const child = spawn('psql', ['-X', '-q', '-v', 'ON_ERROR_STOP=1', ...args, url], { stdio: [files[0] ?? 'ignore', files[1] ?? 'pipe', 'inherit'] })
    let output = ''
    child.stdout?.setEncoding('utf8').on('data', (text: string) => { output += text })
    const [code] = await once(child, 'close')
    if (code !== 0) throw new Error('psql failed')
    return output
  } finally {
    for (const file of files) if (file !== undefined) closeSync(file)
  }
}
