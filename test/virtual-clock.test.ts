import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import t from 'tap'
import { VirtualClock } from './support/virtual-clock.js'

t.test('time passes only while somebody moves it, and waits end at their moment', async (t) => {
  const clock = new VirtualClock(Date.UTC(2026, 0, 1))
  const ends: number[] = []
  for (const ms of [300, 100, 200]) clock.wait(ms).then(() => ends.push(clock.monotonicMs()))
  await new Promise((resolve) => setImmediate(resolve))
  t.same(ends, [])
  await clock.run(250)
  t.same(ends, [100, 200])
  t.equal(clock.monotonicMs(), 250)
  t.equal(clock.now(), Date.UTC(2026, 0, 1) + 250)
  await clock.run(50)
  t.same(ends, [100, 200, 300])
  t.equal(clock.waiting, 0)
})

t.test('two users run in turn, each at its own pace', async (t) => {
  const clock = new VirtualClock()
  const seen: string[] = []
  const use = async (name: string, ms: number): Promise<void> => {
    for (;;) {
      await clock.wait(ms)
      seen.push(`${name}${clock.monotonicMs()}`)
    }
  }
  use('a', 20)
  use('b', 30)
  await clock.run(65)
  t.same(seen, ['a20', 'b30', 'a40', 'b60', 'a60'])
})

t.test('what a wait sets off is done before time goes on: promises, setImmediate, files', async (t) => {
  const clock = new VirtualClock()
  const folder = await mkdtemp(join(tmpdir(), 'clock-'))
  t.teardown(() => rm(folder, { recursive: true }))
  const work = async (): Promise<string> => {
    await clock.wait(10)
    for (let i = 0; i < 10; i++) await new Promise((resolve) => setImmediate(resolve))
    await writeFile(join(folder, 'state'), 'kept')
    const text = await readFile(join(folder, 'state'), 'utf8')
    return `${text} at ${clock.monotonicMs()}`
  }
  clock.wait(11)
  const done = work()
  t.equal(await clock.until(done), 'kept at 10')
})

t.test('a wait that is aborted rejects with the reason and leaves nothing behind', async (t) => {
  const clock = new VirtualClock()
  const stop = new AbortController()
  const waiting = clock.wait(1000, stop.signal)
  const outcome = t.rejects(waiting, { message: 'enough' })
  clock.wait(500).then(() => stop.abort(new Error('enough')))
  await clock.run(500)
  await outcome
  t.equal(clock.waiting, 0)
  await t.rejects(clock.wait(1, stop.signal), { message: 'enough' })
  const other = new AbortController()
  await clock.until(clock.wait(10, other.signal))
  other.abort(new Error('too late'))
  t.equal(clock.monotonicMs(), 510)
})

t.test('until returns or throws what the promise does, and names a promise that never settles', async (t) => {
  const clock = new VirtualClock()
  t.equal(await clock.until(clock.wait(86_400_000).then(() => 'a day')), 'a day')
  await t.rejects(clock.until(clock.wait(5).then(() => { throw new Error('no') })), { message: 'no' })
  await t.rejects(clock.until(new Promise(() => {})), { message: /would never settle/ })
  await t.rejects(clock.until(clock.wait(100), 99), { message: /still open after 99 ms/ })
})

t.test('only one moves it; the wall clock may jump without touching waits', async (t) => {
  const clock = new VirtualClock()
  const run = clock.run(100)
  await t.rejects(clock.run(1), { message: /somebody else/ })
  await run
  clock.setNow(0)
  t.equal(clock.now(), 0)
  const waiting = clock.wait(50).then(() => clock.now())
  t.equal(await clock.until(waiting), 50)
})

t.test('several clocks move at once', async (t) => {
  const days = async (): Promise<number> => {
    const clock = new VirtualClock()
    const work = async (): Promise<number> => {
      for (let i = 0; i < 100; i++) {
        await clock.wait(1000)
        await new Promise((resolve) => setImmediate(resolve))
      }
      return clock.monotonicMs()
    }
    return await clock.until(work())
  }
  t.same(await Promise.all([days(), days(), days()]), [100_000, 100_000, 100_000])
})
