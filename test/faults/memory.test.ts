import { Agent, request } from 'node:http'
import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'
import { gzipSync } from 'node:zlib'
import t from 'tap'
import { startTestCollector } from '../support/collector.js'
import { until } from '../support/embedded.js'

setFlagsFromString('--expose-gc')
const collectGarbage: () => void = runInNewContext('gc')

t.test('thousands of bad requests leave nothing in memory', async (t) => {
  const { port } = await startTestCollector(t, { INGEST_MAX_BODY: '64 KiB' })
  const agent = new Agent({ keepAlive: true, maxSockets: 8 })
  t.teardown(() => agent.destroy())
  const bomb = gzipSync(Buffer.alloc(1 << 20))
  const post = (body: string | Buffer, encoding?: string) => new Promise<number>((resolve, reject) => {
    const sent = request({ port, host: '127.0.0.1', path: '/ingest', method: 'POST', agent, headers: encoding === undefined ? {} : { 'content-encoding': encoding } }, (answer) => {
      answer.on('end', () => resolve(answer.statusCode ?? 0)).resume()
    })
    sent.on('error', reject).end(body)
  })
  let n = 0
  /** Each with names and text never seen before. */
  const badOnes = (): Promise<number>[] => [
    post(`{"schema":"meshmon.v1","type":"type-${n++}"}`),
    post(`{"schema":"meshmon.v1","type":"path_result","src":"node-${n++}","dst":"${'x'.repeat(200)}"}`),
    post(`{"key-${n++}":`),
    post(`${'['.repeat(n++ % 5000)}`),
    post(`[{"__proto__":{"a${n++}":1}},${n++},null,"${n++}"]`),
    post(bomb, 'gzip'),
  ]
  const sendRounds = async (rounds: number): Promise<void> => {
    for (let round = 0; round < rounds; round++) {
      const statuses = await Promise.all([...badOnes(), ...badOnes()])
      const wrong = statuses.filter((status) => status !== 400 && status !== 413)
      if (wrong.length > 0) throw new Error(`answers ${wrong.join()}`)
    }
  }
  const heapUsed = (): number => {
    collectGarbage()
    return process.memoryUsage().heapUsed + process.memoryUsage().arrayBuffers
  }
  await sendRounds(60)
  const before = heapUsed()
  await sendRounds(300)
  // What waits for the database, and streams that are not closed yet, go by themselves; a leak stays.
  t.ok(await until(() => heapUsed() - before < 6 << 20, '3600 bad requests to leave less than 6 MiB'))
})
