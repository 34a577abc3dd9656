import t from 'tap'
import { encodeCommand, type Command } from '../../../src/radio/frames/index.js'
import { quietWorld, type RadioScene } from '../../support/radio-app.js'

/** Logs in to a repeater and lets both ends learn the way. */
async function introduce ({ app, world, clock }: RadioScene, name: string): Promise<Uint8Array> {
  const repeater = world.repeater(name)
  if (await app.login(repeater) === null) throw new Error(`no login at ${name}`)
  await clock.run(8000)
  return repeater.key
}

const status = (key: Uint8Array): Command => ({ is: 'request', key, request: { is: 'status' } })
const telemetry = (key: Uint8Array): Command => ({ is: 'request', key, request: { is: 'telemetry' } })

t.test('point 4: the suggested wait is reckoned by the firmware\'s formula', async (t) => {
  const scene = quietWorld()
  const { app, world, clock } = scene
  const login = async (password: string): Promise<unknown> => {
    const { flooded, suggestedMs } = await app.sent({ is: 'login', key: world.repeater('Hill').key, password })
    await clock.run(10_000)
    return { flooded, suggestedMs }
  }
  t.same(await login('wrong'), { flooded: true, suggestedMs: 8308 })
  t.same(await login('wrong-and-longer'), { flooded: true, suggestedMs: 9620 })
  const requests = async (name: string): Promise<unknown[]> => {
    const before = await app.sent(status(world.repeater(name).key))
    await clock.run(10_000)
    const key = await introduce(scene, name)
    return [before, await app.sent(status(key)), await app.sent(telemetry(key))].map(({ flooded, suggestedMs }) => `${flooded} ${suggestedMs}`)
  }
  t.same(await requests('Hill'), ['true 5684', 'false 2694', 'false 2694'])
  t.same(await requests('Ridge'), ['true 5684', 'false 4888', 'false 4888'])
  t.same(await requests('Summit'), ['true 5684', 'false 7082', 'false 7082'])
  t.same(await login('wrong'), { flooded: false, suggestedMs: 3678 })
  t.same(await login('wrong-and-longer'), { flooded: false, suggestedMs: 4170 })
})

t.test('point 4: the tag is the key\'s first bytes for a login, else a time stamp of its own', async (t) => {
  const { app, world, clock } = quietWorld()
  const { key } = world.repeater('Hill')
  t.equal((await app.sent({ is: 'login', key, password: 'hill-pass' })).tag, Buffer.from(key).readUInt32LE())
  const tags = [await app.sent(status(key)), await app.sent(status(key)), await app.sent(telemetry(key))].map(({ tag }) => tag)
  t.equal(new Set(tags).size, 3)
  t.ok(tags.every((tag) => Math.abs(tag - clock.now() / 1000) < 5))
})

t.test('point 4: an answer may take longer than the suggested wait', async (t) => {
  const scene = quietWorld()
  const { app, clock, world } = scene
  const key = await introduce(scene, 'Summit')
  const takenMs: number[] = []
  for (let i = 0; i < 30; i++) {
    await app.ask({ is: 'reset_path', key }, 'ok')
    takenMs.push(await app.time(status(world.repeater('Summit').key), 'binary'))
    await clock.run(8000)
  }
  t.ok(takenMs.some((ms) => ms > 5684), `${Math.max(...takenMs)}`)
  t.ok(takenMs.every((ms) => ms > 3000 && ms < 1.5 * 5684 + 1000), `${Math.max(...takenMs)}`)
})

t.test('point 5: durations on a quiet channel', async (t) => {
  const scene = quietWorld()
  const { app, world, clock } = scene
  const within = async (ms: [number, number], command: Command, is: 'login_success' | 'binary'): Promise<void> => {
    for (let i = 0; i < 10; i++) {
      const taken = await app.time(command, is)
      t.ok(taken >= ms[0] && taken <= ms[1], `${command.is} ${taken}`)
      await clock.run(5000)
    }
  }
  for (const { name, login, statusMs, telemetryMs } of [
    { name: 'Hill', login: [1060, 1100], statusMs: [1140, 1180], telemetryMs: [890, 930] },
    { name: 'Ridge', login: [1840, 3400], statusMs: [2000, 3400], telemetryMs: [1500, 2500] },
    { name: 'Summit', login: [2600, 5200], statusMs: [2800, 5600], telemetryMs: [2100, 4100] }
  ] satisfies Record<string, string | [number, number]>[]) {
    world.repeater(name).plan.hasSensors = false
    const key = await introduce(scene, name)
    await within(login, { is: 'login', key, password: world.repeater(name).password }, 'login_success')
    await within(statusMs, status(key), 'binary')
    await within(telemetryMs, { ...telemetry(key) }, 'binary')
  }
})

t.test('point 5: thirty local commands at once are answered in order within 100 ms', async (t) => {
  const { app, clock } = quietWorld()
  for (let i = 0; i < 10; i++) for (const kind of ['core', 'radio', 'packets'] as const) app.send({ is: 'get_stats', kind })
  await clock.run(100)
  t.same(app.all('stats').map(({ stats }) => stats.kind), Array.from({ length: 10 }, () => ['core', 'radio', 'packets']).flat())
  t.equal(Math.round(await app.time({ is: 'get_time' }, 'time')), 2)
})

t.test('point 6: nothing is sent again: 20 % loss each way leave two answers of three', async (t) => {
  const { app, world } = quietWorld()
  const hill = world.repeater('Hill')
  await app.login(hill)
  hill.loss = { toRepeater: 0.2, toCompanion: 0.2 }
  let answered = 0
  for (let i = 0; i < 300; i++) if (await app.ask(status(hill.key), 'binary', 10_000) !== null) answered++
  t.ok(answered > 0.56 * 300 && answered < 0.72 * 300, `${answered} of 300`)
})

t.test('point 7: a new remote request ends the one before', async (t) => {
  const scene = quietWorld()
  const { app, clock } = scene
  const hill = await introduce(scene, 'Hill')
  const ridge = await introduce(scene, 'Ridge')
  for (const request of [status, (key: Uint8Array): Command => ({ is: 'get_status', key })]) {
    app.heard.length = 0
    app.send(request(hill))
    await clock.run(20)
    app.send(request(ridge))
    await clock.run(15_000)
    const pushes = [...app.all('binary').map(({ tag }) => tag), ...app.all('status').map(({ prefix }) => prefix)]
    t.same(pushes, request === status ? [app.all('sent')[1]?.tag] : [ridge.slice(0, 6)])
  }
  app.heard.length = 0
  app.send({ is: 'get_status', key: hill })
  await clock.run(20)
  app.send({ is: 'get_status', key: hill })
  await clock.run(15_000)
  t.equal(app.all('status').length, 1)
})

t.test('point 8: telemetry, then a status the old way: the status is made of LPP', async (t) => {
  const scene = quietWorld()
  const { app, clock, world } = scene
  const key = await introduce(scene, 'Ridge')
  world.repeater('Ridge').batteryMv = 3987
  app.send({ is: 'get_telemetry', key })
  await clock.run(20)
  app.send({ is: 'get_status', key })
  const push = await app.next('status')
  t.equal(push?.body.length, 12)
  t.match(Buffer.from(push?.body ?? []).toString('hex'), /^0174018e0167/)
})

t.test('point 8: a status, then a login: the battery makes a login\'s answer of it', async (t) => {
  for (const { batteryMv, is } of [{ batteryMv: 4012, is: 'login_fail' }, { batteryMv: 3840, is: 'login_success' }] as const) {
    const scene = quietWorld()
    const { app, clock, world } = scene
    const key = await introduce(scene, 'Hill')
    world.repeater('Hill').batteryMv = batteryMv
    await clock.run(1000)
    app.heard.length = 0
    app.send(status(key))
    await clock.run(20)
    app.send({ is: 'login', key, password: 'totally wrong' })
    await clock.run(20_000)
    t.same(app.kinds().filter((kind) => kind !== 'raw_log'), ['sent', 'sent', is])
    if (is === 'login_success') {
      const tag = Buffer.from(encodeCommand({ is: 'set_time', timeS: app.all('sent')[0]?.tag ?? 0 }).slice(1)).toString('hex')
      t.match(Buffer.from(app.heard.at(-1)?.payload ?? []).toString('hex'), new RegExp(`^8500${Buffer.from(key.slice(0, 6)).toString('hex')}${tag}00..$`))
    }
  }
})

t.test('point 8: a frozen repeater\'s answer still comes after the app has given up', async (t) => {
  const scene = quietWorld()
  const { app, world } = scene
  const key = await introduce(scene, 'Hill')
  world.repeater('Hill').freeze()
  const { tag } = await app.sent(status(key))
  t.equal(await app.next('binary', 60_000), null)
  world.repeater('Hill').resume()
  t.match(await app.next('binary', 5000), { tag })
})

t.test('a repeater that restarts does not send what it was about to', async (t) => {
  const scene = quietWorld()
  const { app, world, clock } = scene
  const key = await introduce(scene, 'Hill')
  await app.sent(status(key))
  await clock.run(500)
  world.repeater('Hill').reboot()
  t.equal(await app.next('binary'), null)
  t.not(await app.status({ key }), null)
})

t.test('packets wait for those before them', async (t) => {
  const scene = quietWorld()
  const { app, world, clock } = scene
  const key = await introduce(scene, 'Hill')
  const alone = await app.time(status(key), 'binary')
  await clock.run(3000)
  for (let i = 0; i < 3; i++) app.send(status(world.contact('Ann').key))
  t.ok(await app.time(status(key), 'binary') > alone + 3 * 250)
})

t.test('errors: no contact 2, no room in the queue 3, an unknown or short command 1', async (t) => {
  const { app, world, clock } = quietWorld()
  const { key } = world.repeater('Hill')
  const error = async (command: Command | Uint8Array): Promise<number | null | undefined> => (await app.ask(command, 'error', 100))?.code
  const stranger = new Uint8Array(32).fill(9)
  for (const command of [status(stranger), { is: 'login', key: stranger, password: 'x' }, { is: 'get_status', key: stranger }, { is: 'reset_path', key: stranger }] satisfies Command[]) t.equal(await error(command), 2)
  t.equal(await error(Uint8Array.of(200)), 1)
  t.equal(await error(Uint8Array.of(26, 1, 2)), 1)
  world.companion.poolSize = 2
  for (let i = 0; i < 3; i++) app.send(status(key))
  await clock.run(10)
  t.same(app.kinds().slice(-3), ['sent', 'sent', 'error'])
  t.match(app.heard.at(-1)?.frame, { code: 3 })
  await clock.run(5000)
  t.match(await app.sent(status(key)), { is: 'sent' })
})

t.test('who is no repeater takes a request and says nothing', async (t) => {
  const { app, world } = quietWorld()
  t.match(await app.sent(status(world.contact('Ann').key)), { flooded: true, suggestedMs: 5684 })
  t.equal(await app.next('binary'), null)
})
