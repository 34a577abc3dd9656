import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { existsSync, readdirSync, utimesSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import t, { type Test } from 'tap'
import { packageRoot } from '../src/paths.js'
import { ProcessLock } from '../src/process-lock.js'

/** Another process that holds the lock until it is killed. */
async function holdElsewhere (t: Test, path: string) {
  const program = `import { ProcessLock } from '${join(packageRoot, 'dist/src/process-lock.js')}'
    console.log(await new ProcessLock('${path}').tryHold())
    setInterval(() => {}, 1000)`
  const child = spawn(process.execPath, ['--input-type=module', '-e', program], { stdio: ['ignore', 'pipe', 'inherit'] })
  const gone = once(child, 'close')
  t.teardown(() => child.kill('SIGKILL'))
  t.same(String((await once(child.stdout, 'data'))[0]), 'true\n')
  return { pid: child.pid, kill: async () => { child.kill('SIGKILL'); await gone } }
}

t.test('one holds the lock at a time', async (t) => {
  const path = join(t.testdir(), 'radio.lock')
  const [a, b] = [new ProcessLock(path), new ProcessLock(path)]
  t.equal(await a.holderPid(), undefined)
  t.same([await a.tryHold(), await a.tryHold(), a.isHeld], [true, true, true])
  t.same([await b.tryHold(), b.isHeld], [false, false])
  t.equal(await b.holderPid(), process.pid)
  await b.release()
  t.ok(existsSync(path), 'who does not hold it cannot release it')
  await a.release()
  t.equal(await b.tryHold(), true)
  await b.release()
  t.same(readdirSync(join(path, '..')), [])
})

t.test('a lock whose process was killed is taken over at once, that of a living one never', async (t) => {
  const path = join(t.testdir(), 'radio.lock')
  const other = await holdElsewhere(t, path)
  const locks = [new ProcessLock(path), new ProcessLock(path), new ProcessLock(path)]
  const tryAll = () => Promise.all(locks.map((lock) => lock.tryHold()))
  t.same(await tryAll(), [false, false, false])
  t.equal(await locks[0]?.holderPid(), other.pid)
  await other.kill()
  const held = await tryAll()
  t.equal(held.filter(Boolean).length, 1, 'one of those who saw it at the same time')
  for (const lock of locks) await lock.release()
})

t.test('a lock of who knows which process is believed as long as it is shown', async (t) => {
  const path = join(t.testdir(), 'radio.lock')
  writeFileSync(path, '{"id":"elsewhere","pid":7,"boot":"another container"}')
  const lock = new ProcessLock(path)
  t.equal(await lock.tryHold(), false)
  const before = new Date(Date.now() - 21_000)
  utimesSync(path, before, before)
  t.equal(await lock.tryHold(), true)
  await lock.release()
})

t.test('what a process left that was killed while it took over is swept away, once it is old', async (t) => {
  const folder = t.testdir({ 'a.lock.old': '', 'a.lock.new': '', 'b.lock.old': '' })
  const longAgo = new Date(Date.now() - 60_000)
  for (const name of ['a.lock.old', 'b.lock.old']) utimesSync(join(folder, name), longAgo, longAgo)
  const lock = new ProcessLock(join(folder, 'a.lock'))
  t.equal(await lock.tryHold(), true)
  t.same(readdirSync(folder).sort(), ['a.lock', 'a.lock.new', 'b.lock.old'])
  await lock.release()
})
