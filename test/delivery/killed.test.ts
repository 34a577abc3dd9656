import { spawn, type ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import t, { type Test } from 'tap'
import { packageRoot } from '../../src/paths.js'
import { createTestDatabase } from '../support/database.js'
import { temporaryFolder } from '../support/embedded.js'
import { startFakeCollector } from '../support/fake-collector.js'
import { freePort, runMeshmon } from '../support/process.js'

const program = join(packageRoot, 'dist/test/support/putting-worker.js')

interface Worker { child: ChildProcess, kept: number[], lost: string[], last: () => string, ended: Promise<unknown> }

/** Runs a worker, without what tap loads into its child processes: that would die of a file size limit. Kills it at once when it has been told so many times that a message is kept. */
function runWorker (t: Test, args: (string | number)[], { killAfter = Infinity, limit = 'true' }: { killAfter?: number, limit?: string } = {}): Worker {
  const child = spawn('bash', ['-c', `unset NODE_OPTIONS; ${limit}; exec "$@"`, 'bash', process.execPath, program, ...args.map(String)], { stdio: ['ignore', 'pipe', 'inherit'], env: { PATH: process.env['PATH'] } })
  const kept: number[] = []
  const lost: string[] = []
  let last = ''
  createInterface({ input: child.stdout! }).on('line', (line) => {
    last = line
    if (line.startsWith('kept ')) kept.push(Number(line.slice(5)))
    if (line.startsWith('lost ')) lost.push(line)
    if (kept.length >= killAfter) child.kill('SIGKILL')
  })
  const ended = once(child, 'close')
  t.teardown(async () => {
    child.kill('SIGKILL')
    await ended
  })
  return { child, kept, lost, last: () => last, ended }
}

t.test('worker and collector killed at random moments: every message that was kept is in the database, once', async (t) => {
  const { pool, url } = await createTestDatabase(t)
  const port = await freePort()
  const folder = join(temporaryFolder(t), 'queue')
  const startCollector = async () => {
    const collector = runMeshmon(t, ['serve'], { DATABASE_URL: url, HOST: '127.0.0.1', PORT: String(port), DATA_DIR: temporaryFolder(t), LOG_LEVEL: 'info' })
    await collector.printed(/ready for measurements/)
    return collector
  }
  const rounds = 18
  let collector = await startCollector()
  const kept: number[] = []
  const address = `http://127.0.0.1:${port}`
  for (let round = 0; round < rounds; round++) {
    const killAfter = 1 + Math.floor(Math.random() * 120)
    const workers = [runWorker(t, [folder, address, round * 2000, 1000], { killAfter })]
    // Another process of the same folder, as one run by cron.
    if (round % 3 === 0) workers.push(runWorker(t, [folder, address, round * 2000 + 1000, 1000], { killAfter: killAfter + 40 }))
    if (round % 6 === 2) collector.child.kill('SIGKILL')
    await Promise.all(workers.map(({ ended }) => ended))
    kept.push(...workers.flatMap((worker) => worker.kept))
    if (round % 6 === 4) collector = await startCollector()
  }
  const last = runWorker(t, [folder, address, 900_000, 10])
  await last.ended
  t.equal(last.last(), 'delivered')
  kept.push(...last.kept)

  const { rows } = await pool.query<{ n: number, count: number }>("select value::int as n, count(*)::int from radio_metrics where metric = 'recv' group by 1")
  const stored = new Set(rows.map(({ n }) => n))
  t.ok(kept.length > 500, `${kept.length} messages were kept, ${stored.size} are stored`)
  t.same(kept.filter((n) => !stored.has(n)), [], 'nothing is lost')
  t.same(rows.filter(({ count }) => count !== 1), [], 'nothing is double')
  // What it printed last before a kill may not have been read; on a busy machine that is some dozens of lines.
  t.ok(stored.size - kept.length < rounds * 2 * 50, `${stored.size - kept.length} were under way at a kill, and are stored without having been told`)
  // A process that is killed while it takes over the lock leaves the dead one's beside it, for a while.
  t.same(readdirSync(folder).filter((file) => !file.startsWith('sender.lock')), [], 'the queue is empty')
  await pool.query('delete from radio_metrics')
})

t.test('a full disk: what cannot be kept is refused, a half-written line spoils nothing, and it goes on once there is room', async (t) => {
  const folder = join(temporaryFolder(t), 'queue')
  const collector = await startFakeCollector()
  t.teardown(() => collector.close())
  const away = `http://127.0.0.1:${await freePort()}`
  // The system cuts every file off at this size, in the middle of a line.
  const worker = runWorker(t, [folder, away, 0, 30], { limit: 'ulimit -f 1', killAfter: 16 })
  await worker.ended
  t.ok(worker.lost.length > 0, `${worker.lost.length} lost`)
  t.match(worker.lost[0], /queue takes nothing \(.*\): make room on the disk/)
  t.ok(worker.kept.length > 0, `${worker.kept.length} kept`)

  const second = runWorker(t, [folder, collector.url.href, 100, 10])
  await second.ended
  t.equal(second.last(), 'delivered')
  const sent = collector.messages.map((message) => (message as { metrics: { recv: number } }).metrics.recv)
  t.same([...worker.kept, ...second.kept].filter((n) => !sent.includes(n)), [], 'all that was kept was sent')
  t.same(readdirSync(folder).filter((file) => file.startsWith('refused')).map((file) => readFileSync(join(folder, file), 'utf8')), [], 'no line was broken')
})
