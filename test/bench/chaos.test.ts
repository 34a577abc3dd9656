import { spawn, spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { existsSync, readdirSync } from 'node:fs'
import { join } from 'node:path'
import t from 'tap'
import { areOpen, compareFates, watched, type Incident } from '../../bench/chaos/fates.js'
import { processesOf } from '../../bench/support/programs.js'
import { packageRoot } from '../../src/paths.js'
import { temporaryFolder, until } from '../support/embedded.js'

const program = join(packageRoot, 'dist/bench/chaos/run.js')
/** Without tap's loader, which NODE_OPTIONS would bring into each process. */
const env = { PATH: process.env['PATH'], HOME: process.env['HOME'] }

const incident = ({ kind, subject }: { kind: string, subject: string }, state: 'open' | 'closed'): Incident =>
  ({ id: `${kind} ${subject}`, kind, subject, state, opened: 1, closed: state === 'closed' ? 1 : 0, told: state === 'closed' ? 2 : 1 })
const before = watched.filter(({ fate }) => fate !== 'begins').map((one) => incident(one, 'open'))
const after = watched.map((one) => incident(one, one.fate === 'ends' ? 'closed' : 'open'))

/** What should be there after a fault, but for the first incident of a fate. */
function changed (fate: string, change: (one: Incident) => Incident[]): { name: string, incidents: Incident[] } {
  const { kind, subject } = watched.find((one) => one.fate === fate)!
  return { name: `${kind} ${subject}`, incidents: after.flatMap((one) => one.kind === kind && one.subject === subject ? change(one) : [one]) }
}

t.test('an incident is lost or doubled only where the rows say so', async (t) => {
  t.same(compareFates(before, after), { watched: 12, lost: [], doubled: [] })
  for (const fate of ['lasts', 'begins', 'ends']) {
    const gone = changed(fate, () => [])
    t.same(compareFates(before, gone.incidents), { watched: 12, lost: [gone.name], doubled: [] }, `${fate}: gone`)
    const second = changed(fate, (one) => [one, { ...one, id: 'second' }])
    t.same(compareFates(before, second.incidents), { watched: 12, lost: [], doubled: [second.name] }, `${fate}: a second one`)
    for (const twice of ['opened', 'closed', 'told'] as const) {
      const again = changed(fate, (one) => [{ ...one, [twice]: one[twice] + 1 }])
      t.same(compareFates(before, again.incidents), { watched: 12, lost: [], doubled: [again.name] }, `${fate}: ${twice} once more`)
    }
    const untold = changed(fate, (one) => [{ ...one, told: one.told - 1 }])
    t.same(compareFates(before, untold.incidents), { watched: 12, lost: [untold.name], doubled: [] }, `${fate}: not told`)
    const wrong = changed(fate, (one) => [{ ...one, state: fate === 'ends' ? 'open' : 'closed' }])
    t.same(compareFates(before, wrong.incidents).lost, [wrong.name], `${fate}: in the other state`)
    const another = changed(fate, (one) => [{ ...one, id: 'another' }])
    t.same(compareFates(before, another.incidents).lost, fate === 'begins' ? [] : [another.name], `${fate}: another one in its place`)
  }
  const odd = incident({ kind: 'node_silent', subject: 'somebody' }, 'open')
  t.same(compareFates(before, [...after, odd]).doubled, ['node_silent somebody, which nobody caused'])
})

t.test('before a fault, what lasts and what will end is open, and nothing that is to begin', async (t) => {
  t.ok(areOpen(before))
  t.notOk(areOpen(before.slice(1)))
  t.notOk(areOpen(after))
})

t.test('help names every fault, and what is no fault is refused', async (t) => {
  const run = (...args: string[]) => spawnSync(process.execPath, [program, ...args], { env, encoding: 'utf8' })
  t.match(run('--help'), { status: 0, stdout: /^usage: make chaos[\s\S]* collector, claimer, database, .*loris/ })
  t.match(run('flood'), { status: 2, stderr: /^there is no fault flood\nusage: / })
  t.match(run('--only', 'drop'), { status: 2, stderr: /'--only'[\s\S]*usage: / })
})

t.test('Ctrl-C ends all that was started, and says so', async (t) => {
  const folder = temporaryFolder(t)
  const child = spawn(process.execPath, [program, 'embedded'], { env: { ...env, TMPDIR: folder }, stdio: ['ignore', 'ignore', 'pipe'] })
  const ended = once(child, 'close')
  t.teardown(() => child.kill('SIGKILL'))
  let said = ''
  child.stderr.setEncoding('utf8').on('data', (text: string) => { said += text })
  // Itself, the collector, and its database.
  const pids = await until(() => {
    const all = processesOf(child.pid!)
    return all.length >= 3 ? all : undefined
  }, 'the collector and its database', 120_000)
  child.kill('SIGINT')
  t.same(await ended, [130, null])
  t.match(said, /embedded: kill -9 of the embedded database\n {2}SIGINT: ending what was started\n {2}nothing is left running\n$/)
  // One that has been told to end may still be at it.
  await until(() => pids.every((pid) => !existsSync(`/proc/${pid}/root`)), 'the end of all processes', 120_000)
  t.same(readdirSync(folder), [], 'no folder is left')
})
