import { existsSync, readFileSync, writeFileSync } from 'node:fs'
import t from 'tap'
import { requestBreakerReset, takeBreakerResets } from '../../src/radio/state.js'
import { createScene, password, type PollerScene } from '../support/radio-poller.js'
import { virtualStart } from '../support/virtual-clock.js'

const minuteMs = 60_000
const hourMs = 60 * minuteMs
const breakerOf = ({ poller }: PollerScene, name = 'Hill') => poller.figures().radios.find((radio) => radio.name === name)?.breaker
const told = (scene: PollerScene): string[] => scene.events('Hill').map(({ event }) => event).filter((event) => event !== 'login_failed')

/** Lets it stay silent until its breaker opens, to the minute. */
async function open (scene: PollerScene): Promise<void> {
  scene.mesh.repeater('Hill').isUp = false
  for (let minute = 0; minute < 180 && breakerOf(scene) !== 'open'; minute++) await scene.runFor(minuteMs)
}

t.test('six failed rounds open it for an hour, then one try decides', async (t) => {
  const scene = createScene(t, ['Hill'])
  await open(scene)
  t.equal(breakerOf(scene), 'open')
  t.same(told(scene), [...Array<string>(6).fill('poll_failed'), 'breaker_open'])
  t.match(scene.events('Hill').at(-1), { reason: 'no answer: password, clock, path or radio', details: { failures: 6, pause_s: 3600 } })

  const requests = scene.mesh.asked.length
  await scene.runFor(58 * minuteMs)
  t.equal(scene.mesh.asked.length, requests, 'nobody asks while it is open')
  await scene.runFor(3 * minuteMs)
  t.same(scene.mesh.asked.slice(requests).map(({ is }) => is), ['login', 'status'])
  t.same(told(scene).slice(7), ['poll_failed', 'breaker_open'])

  scene.mesh.repeater('Hill').isUp = true
  await scene.runFor(61 * minuteMs)
  t.equal(breakerOf(scene), 'closed')
  t.same(told(scene).slice(9), ['breaker_closed', 'poll_ok'])
})

t.test('another process goes on with the breaker, the session and the airtime', async (t) => {
  const scene = createScene(t, ['Hill', 'Tower'])
  await open(scene)
  const left = scene.poller.figures().budgetLeftS
  await scene.restart()
  t.equal(breakerOf(scene), 'open')
  t.ok(Math.abs(scene.poller.figures().budgetLeftS - left) < 0.01)
  const requests = scene.mesh.asked.length
  await scene.runFor(20 * minuteMs)
  t.same(new Set(scene.mesh.asked.slice(requests).map(({ name, is }) => `${name} ${is}`)), new Set(['Tower status']), 'Hill is left alone, Tower knows us')
  t.notOk(readFileSync(scene.stateFile, 'utf8').includes(password))
})

t.test('a process that dies again and again does not flood the mesh', async (t) => {
  const scene = createScene(t, ['Hill', 'Tower'])
  for (let start = 0; start < 20; start++) {
    await scene.runFor(2000)
    await scene.restart()
  }
  t.same(scene.mesh.asked.map(({ name, is }) => [name, is]), [['Hill', 'login'], ['Hill', 'status']])
})

t.test('a reset by hand is noticed within seconds, or at the next start', async (t) => {
  const scene = createScene(t, ['Hill'])
  await open(scene)
  requestBreakerReset(scene.stateFile, 'nobody')
  await scene.runFor(5000)
  t.equal(breakerOf(scene), 'open')
  requestBreakerReset(scene.stateFile, 'hill')
  scene.mesh.repeater('Hill').isUp = true
  await scene.runFor(5000)
  t.equal(breakerOf(scene), 'closed')
  t.match(scene.events('Hill').at(-1), { event: 'breaker_closed', reason: 'reset by hand' })
  t.same(takeBreakerResets(scene.stateFile), [], 'each counts once')

  await open(scene)
  t.equal(breakerOf(scene), 'open')
  await scene.stop()
  requestBreakerReset(scene.stateFile, 'Hill')
  await scene.restart()
  await scene.runFor(1)
  t.equal(breakerOf(scene), 'closed')
})

t.test('a damaged state is put aside with a warning', async (t) => {
  for (const text of ['{"version":1,"spent":[', '{"version":2}', '']) {
    const scene = createScene(t, ['Hill'])
    writeFileSync(scene.stateFile, text)
    await scene.restart()
    t.equal(readFileSync(`${scene.stateFile}.broken`, 'utf8'), text)
    t.ok(scene.logged.some((line) => line.includes('put aside')))
    await scene.runFor(minuteMs)
    t.equal(scene.readings('Hill').length, 1)
    t.match(JSON.parse(readFileSync(scene.stateFile, 'utf8')), { version: 1, repeaters: { Hill: { failures: 0 } } })
  }
})

t.test('a state that can not be written is logged, and polling goes on', async (t) => {
  const scene = createScene(t, ['Hill'])
  scene.settings.repeaters[0]!.name = 'Hill'
  const folder = `${scene.stateFile}.${process.pid}.new`
  t.testdir({ [folder.slice(folder.lastIndexOf('/') + 1)]: {} })
  t.ok(existsSync(folder), 'where the new file is written there is a folder')
  await scene.runFor(minuteMs)
  t.equal(scene.readings('Hill').length, 1)
  t.ok(scene.logged.some((line) => line.includes('can\'t be written')))
})

t.test('a clock that was set back by a year keeps no breaker open for longer than its pause', async (t) => {
  const scene = createScene(t, ['Hill'])
  await open(scene)
  scene.clock.setNow(virtualStart - 365 * 24 * hourMs)
  await scene.restart()
  t.equal(breakerOf(scene), 'open')
  await scene.runFor(hourMs - minuteMs)
  t.equal(breakerOf(scene), 'open')
  await scene.runFor(minuteMs)
  t.not(breakerOf(scene), 'open')
})

t.test('half open at a round by hand as well', async (t) => {
  const scene = createScene(t, ['Hill'], { breakerFails: 1 })
  scene.mesh.repeater('Hill').isUp = false
  const once = () => scene.clock.until(scene.poller.once(new AbortController().signal))
  t.match(await once(), [{}, { result: 'silent', reason: String }])
  t.match(await once(), [{}, { result: 'breaker_open' }])
  await scene.clock.run(hourMs)
  scene.mesh.repeater('Hill').isUp = true
  t.match(await once(), [{}, { result: 'answered' }])
})
