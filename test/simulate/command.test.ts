import { spawn, type ChildProcess } from 'node:child_process'
import { mkdtemp, readFile, rm } from 'node:fs/promises'
import { once } from 'node:events'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import t, { type Test } from 'tap'
import { spanOf } from '../../src/simulate/command.js'
import { packageRoot } from '../../src/paths.js'
import { startFakeCollector } from '../support/fake-collector.js'

interface Outcome { code: number | null, stdout: string, stderr: string }

interface Running { child: ChildProcess, outcome: Promise<Outcome> }

function start (t: Test, args: string[]): Running {
  const child = spawn(process.execPath, [join(packageRoot, 'dist/src/cli.js'), 'simulate', ...args], { stdio: ['ignore', 'pipe', 'pipe'] })
  t.teardown(() => { child.kill('SIGKILL') })
  let stdout = ''
  let stderr = ''
  child.stdout.setEncoding('utf8').on('data', (chunk: string) => { stdout += chunk })
  child.stderr.setEncoding('utf8').on('data', (chunk: string) => { stderr += chunk })
  const outcome = once(child, 'close').then((): Outcome => ({ code: child.exitCode, stdout, stderr }))
  return { child, outcome }
}

async function folder (t: Test): Promise<string> {
  const path = await mkdtemp(join(tmpdir(), 'simulate-'))
  t.teardown(() => rm(path, { recursive: true }))
  return path
}

t.test('a backfill posts everything and writes the truth', async (t) => {
  const collector = await startFakeCollector()
  t.teardown(() => collector.close())
  const truthFile = join(await folder(t), 'truth.json')
  const { code, stdout, stderr } = await start(t, ['--url', collector.url.href, '--backfill', '3h', '--nodes', '10', '--token', 'tok', '--fault', 'jitter:auto@90m+20m', '--truth', truthFile, '--json']).outcome
  t.equal(code, 0)
  t.equal(stderr, '')
  const summary = JSON.parse(stdout)
  t.match(summary, { rejected: 0, duplicates: 0, unsent: 0, faults: 1, stopped: false })
  t.equal(summary.stored, collector.messages.length)
  t.equal(summary.messages, collector.messages.length)
  t.ok(collector.requests.every(({ path, authorization }) => path === '/ingest' && authorization === 'Bearer tok'))
  const truth = JSON.parse(await readFile(truthFile, 'utf8'))
  t.match(truth, { seed: 1, nodes: 10, standing: [], faults: [{ kind: 'jitter', rule: 'jitter_burst', scope: 'path', live_only: false }] })
  t.same(Object.keys(truth.faults[0]), ['kind', 'rule', 'scope', 'subject', 'start', 'end', 'detectable_at', 'live_only', 'affected_paths', 'consequences'])
  const [fault] = truth.faults
  t.ok(fault.start < fault.detectable_at && fault.detectable_at < fault.end)
  t.same(fault.affected_paths, [fault.subject])
  t.equal(Date.parse(truth.to) - Date.parse(truth.from), 3 * 3_600_000)
})

t.test('a live run ends cleanly on Ctrl-C, with the truth so far', async (t) => {
  const collector = await startFakeCollector()
  t.teardown(() => collector.close())
  const truthFile = join(await folder(t), 'truth.json')
  const { child, outcome } = start(t, ['--url', collector.url.href, '--live', '--backfill', '2m', '--nodes', '20', '--truth', truthFile])
  const [first] = await once(child.stdout ?? child, 'data')
  t.match(String(first), /Mesh of 20 nodes and \d+ links, no faults/)
  // Two minutes of history go at once; the first message after them shows that it went on in real time.
  const historic = Date.now()
  await collector.waitFor((message) => Date.parse(sentAt(message)) > historic)
  child.kill('SIGINT')
  const { code, stdout, stderr } = await outcome
  t.equal(code, 0)
  t.equal(stderr, '')
  t.match(stdout, /messages in .* 0 rejected, 0 not sent/)
  const truth = JSON.parse(await readFile(truthFile, 'utf8'))
  t.ok(Date.parse(truth.to) > historic && Date.parse(truth.to) < Date.now() + 1000)
})

function sentAt (message: unknown): string {
  return typeof message === 'object' && message !== null && 'sent_at' in message ? String(message.sent_at) : ''
}

t.test('a faster run starts in the past and ends now', async (t) => {
  const collector = await startFakeCollector()
  t.teardown(() => collector.close())
  const before = Date.now()
  const { code } = await start(t, ['--url', collector.url.href, '--live', '--duration', '10m', '--speed', '600', '--nodes', '5', '--json']).outcome
  t.equal(code, 0)
  const times = collector.messages.map((message) => Date.parse(sentAt(message)))
  t.ok(Math.min(...times) < before - 8 * 60_000)
  t.ok(Math.max(...times) <= Date.now())
  t.ok(collector.requests.length > 3, 'not all at once')
})

t.test('messages go to a file instead, the same for the same seed', async (t) => {
  const path = await folder(t)
  const args = ['--from', '2026-11-01T00:00:00Z', '--to', '2026-11-01T01:00:00Z', '--nodes', '20', '--v1-share', '0.3']
  for (const file of ['one', 'two']) {
    const { code, stdout } = await start(t, [...args, '--out', join(path, file)]).outcome
    t.equal(code, 0)
    t.match(stdout, /messages in .* written to /)
  }
  const [one, two] = [await readFile(join(path, 'one'), 'utf8'), await readFile(join(path, 'two'), 'utf8')]
  t.ok(one === two, 'byte for byte')
  const types = new Set(one.trimEnd().split('\n').map((line) => JSON.parse(line).type))
  t.same([...types].sort(), ['agent_health', 'hop_result', 'network_status', 'path_result'])
})

t.test('what cannot be done is said in one line', async (t) => {
  const cases: [string[], RegExp][] = [
    [['--fault', 'jitter:node-99>node-01@1m+5m'], /^error: the mesh has no node "node-99"; there are node-01 to node-30, /],
    [['--nodes', '1'], /not a whole number from 2 to 2000/],
    [['--url', 'ftp://x'], /not an http or https address/],
    [['--speed', '2'], /--speed needs --duration/],
    [['--from', '2026-11-01T00:00:00Z'], /--from and --to belong together/],
    [['--from', 'yesterday', '--to', '2026-11-01T00:00:00Z'], /not a time like/],
    [['--backfill', '1'], /"1" is not a time span/],
  ]
  for (const [args, message] of cases) t.match(await start(t, args).outcome, { code: 2, stderr: message }, args.join(' '))
})

t.test('a collector that refuses the sender ends the run', async (t) => {
  const collector = await startFakeCollector()
  t.teardown(() => collector.close())
  collector.trouble = (_request, response) => {
    response.writeHead(401).end('{"detail":"token missing"}')
    return true
  }
  const { code, stderr } = await start(t, ['--url', collector.url.href, '--backfill', '1h']).outcome
  t.equal(code, 1)
  t.match(stderr, /\/ingest answered 401: .*token missing/)
})

t.test('spans of time follow the options', async (t) => {
  const now = Date.parse('2026-11-22T12:00:00Z')
  const hour = 3_600_000
  t.same(spanOf({ speed: 1, backfill: 24 * hour }, now), { from: now - 24 * hour, to: now, pace: null })
  t.same(spanOf({ speed: 1 }, now), { from: now, to: Infinity, pace: { mesh: now, real: now, speed: 1 } })
  t.same(spanOf({ speed: 1, backfill: hour, live: true, duration: hour }, now), { from: now - hour, to: now + hour, pace: { mesh: now, real: now, speed: 1 } })
  t.same(spanOf({ speed: 4, duration: hour }, now), { from: now - 0.75 * hour, to: now + 0.25 * hour, pace: { mesh: now - 0.75 * hour, real: now, speed: 4 } })
  t.throws(() => spanOf({ speed: 1, from: now, to: now + hour, live: true }, now), /leave no room/)
  t.throws(() => spanOf({ speed: 1, backfill: hour, duration: hour }, now), /add --live/)
})
