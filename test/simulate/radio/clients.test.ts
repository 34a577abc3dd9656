import t from 'tap'
import type { Command } from '../../../src/radio/frames/index.js'
import { quietWorld, RadioApp } from '../../support/radio-app.js'

const status = (key: Uint8Array): Command => ({ is: 'request', key, request: { is: 'status' } })
const oldStatus = (key: Uint8Array): Command => ({ is: 'get_status', key })

t.test('point 9: a reboot sets the companion\'s clock back to its newest contact; only forward can it be set', async (t) => {
  const { app, world, clock } = quietWorld()
  const { companion } = world
  const hill = world.repeater('Hill')
  const nowS = (): number => Math.floor(clock.now() / 1000)
  await app.login(hill)
  const learntS = nowS()
  await clock.run(300_000)
  t.match(await app.ask({ is: 'get_time' }, 'time'), { timeS: nowS() })
  await clock.until(companion.reboot())
  t.ok(app.hasEnded)
  const again = new RadioApp(world, clock)
  const time = await again.ask({ is: 'get_time' }, 'time')
  t.ok(Math.abs((time?.timeS ?? 0) - learntS) <= 2, `${time?.timeS} ${learntS}`)
  t.match(await again.ask({ is: 'set_time', timeS: nowS() }, 'ok'), { is: 'ok' })
  t.match(await again.ask({ is: 'set_time', timeS: nowS() - 10 }, 'error'), { code: 6 })
  t.match(await again.ask({ is: 'get_time' }, 'time'), { timeS: nowS() })
})

t.test('point 9: time stamps grow within a session, however the clock jumps', async (t) => {
  const { app, world } = quietWorld()
  const { key } = world.repeater('Hill')
  const first = await app.sent(status(key))
  world.companion.rtc.setOffset(-3600)
  const second = await app.sent(status(key))
  t.equal(second.tag, first.tag + 1)
})

t.test('point 11: the newest client wins, the other gets the end at once, and what it asked goes to the newest', async (t) => {
  const { app, world, clock } = quietWorld()
  const hill = world.repeater('Hill')
  await app.login(hill)
  await clock.run(3000)
  app.send(oldStatus(hill.key))
  await clock.run(20)
  const newest = new RadioApp(world, clock)
  t.ok(app.hasEnded)
  app.heard.length = 0
  await newest.next('status', 5000)
  t.same(newest.kinds(), ['raw_log', 'status'])
  t.same(app.heard, [])
  t.equal(await app.ask({ is: 'get_time' }, 'time', 1000), null)
  t.not(await newest.ask({ is: 'get_time' }, 'time', 1000), null)
})

t.test('point 12: an answer for a client that left is dropped; one that is back before gets it', async (t) => {
  for (const { awayMs, kinds } of [{ awayMs: 3000, kinds: [] }, { awayMs: 100, kinds: ['raw_log', 'status'] }]) {
    const { app, world, clock } = quietWorld()
    const hill = world.repeater('Hill')
    await app.login(hill)
    await clock.run(3000)
    await app.sent(oldStatus(hill.key))
    app.leave()
    await clock.run(awayMs)
    const again = new RadioApp(world, clock)
    await clock.run(5000)
    t.same(again.kinds(), kinds)
    t.not(await again.status(hill), null)
  }
})

t.test('point 13: no greeting is needed; the app\'s version selects the form of messages', async (t) => {
  const { app, world } = quietWorld()
  t.match(await app.ask({ is: 'get_battery' }, 'battery'), { usedKb: 120, totalKb: 1404 })
  t.match(await app.ask({ is: 'get_stats', kind: 'core' }, 'stats'), {})
  for (const { version, code } of [{ version: 1, code: 8 }, { version: 3, code: 17 }]) {
    await app.ask({ is: 'device_query', version }, 'device_info')
    world.companion.messages.add({ timeS: 1, text: 'hello', snrDb: 5 })
    t.match(await app.ask({ is: 'next_message' }, 'unknown'), { code })
  }
  t.not(await app.ask({ is: 'next_message' }, 'no_more_messages'), null)
})

t.test('point 13: a second list of contacts is refused while one runs (error 4), and an app\'s start ends it', async (t) => {
  const { app, clock, world } = quietWorld({ repeaters: 28 })
  app.send({ is: 'get_contacts' })
  app.send({ is: 'get_contacts' })
  await clock.run(200)
  t.same(app.all('error'), [{ is: 'error', code: 4 }])
  t.equal(app.all('contact').length, 31)
  t.match(app.all('contacts_start'), [{ total: 31 }])

  app.heard.length = 0
  app.send({ is: 'get_contacts' })
  await clock.run(20)
  app.send({ is: 'app_start', app: 'test' })
  await clock.run(200)
  t.ok(app.all('contact').length > 1 && app.all('contact').length < 31)
  t.same(app.all('contacts_end'), [])
  t.not(await app.ask({ is: 'get_contacts' }, 'contacts_end'), null)

  world.companion.stickContacts()
  t.equal(await app.ask({ is: 'get_contacts' }, 'contacts_end', 5000), null)
  t.match(await app.ask({ is: 'get_contacts' }, 'error'), { code: 4 })
  await app.ask({ is: 'app_start', app: 'test' }, 'self_info')
  t.not(await app.ask({ is: 'get_contacts' }, 'contacts_end'), null)
})

t.test('a list of what changed since: the total counts all', async (t) => {
  const { app, clock, world } = quietWorld()
  const end = await app.ask({ is: 'get_contacts' }, 'contacts_end')
  await clock.run(60_000)
  await app.login(world.repeater('Ridge'))
  app.heard.length = 0
  await app.ask({ is: 'get_contacts', sinceS: end?.lastModifiedS ?? 0 }, 'contacts_end')
  t.match(app.all('contacts_start'), [{ total: 6 }])
  t.same(app.all('contact').map(({ name }) => name), ['Ridge'])
})

t.test('point 14: pushes come unasked: every packet heard, adverts, messages', async (t) => {
  const { app, clock, world } = quietWorld({ advertEveryS: 120, chatterPerMin: 60 })
  const stop = new AbortController()
  t.teardown(() => stop.abort())
  world.start(stop.signal)
  await clock.run(3_600_000)
  const perMin = app.all('raw_log').length / 60
  t.ok(perMin > 5 && perMin < 60, `${perMin} a minute`)
  t.same(app.all('advert').map(({ key }) => key), Array.from({ length: 30 }, () => world.repeater('Hill').key))
  t.ok(app.all('message_waiting').length > 3)
  app.leave()
  world.companion.messages.clear()
  await clock.run(3_600_000)
  const again = new RadioApp(world, clock)
  await again.ask({ is: 'get_time' }, 'time')
  t.notOk(again.kinds().includes('message_waiting'))
  t.match(await again.ask({ is: 'next_message' }, 'unknown'), { code: 8 })
})

t.test('point 14: a repeater advertises 16 s after it started; an unknown one becomes a contact or is only told of', async (t) => {
  const { app, clock, world } = quietWorld({ advertEveryS: 120 })
  const stop = new AbortController()
  t.teardown(() => stop.abort())
  world.start(stop.signal)
  const hill = world.repeater('Hill')
  const restart = async (): Promise<string[]> => {
    world.companion.contacts.remove(hill.key)
    hill.reboot()
    app.heard.length = 0
    await clock.run(15_000)
    t.same(app.heard, [])
    await clock.run(4000)
    return app.kinds()
  }
  t.same(await restart(), ['raw_log', 'advert'])
  t.equal(world.contact('Hill').way, null)
  await app.login(hill)
  app.heard.length = 0
  await clock.run(120_000)
  t.same(app.kinds(), ['raw_log', 'advert'])
  t.same(world.contact('Hill').way, [], 'the way is kept')
  world.companion.plan.addsContacts = false
  t.same(await restart(), ['raw_log', 'new_advert'])
  t.match(await app.ask(status(hill.key), 'error'), { code: 2 })
})

t.test('point 16: hung firmware says nothing, and all of it late; a silent loss of power not even that', async (t) => {
  const { app, clock, world } = quietWorld()
  world.companion.hang()
  app.send({ is: 'get_time' })
  app.send({ is: 'get_battery' })
  await clock.run(60_000)
  t.same(app.kinds(), [])
  world.companion.resume()
  await clock.run(10)
  t.same(app.kinds(), ['time', 'battery'])
  world.companion.powerOff({ silent: true })
  t.equal(await app.ask({ is: 'get_time' }, 'time', 60_000), null)
  t.notOk(app.hasEnded)
  t.throws(() => new RadioApp(world, clock), { message: 'the radio is off' })
  world.companion.powerOn()
  t.not(await new RadioApp(world, clock).ask({ is: 'get_time' }, 'time'), null)
})

t.test('point 16: the command to reboot ends the connection; what was asked before is forgotten', async (t) => {
  const { app, clock, world } = quietWorld()
  const hill = world.repeater('Hill')
  await app.login(hill)
  await clock.run(3000)
  hill.answerDelayMs = 5000
  world.companion.messages.add({ timeS: 1, text: 'hello', snrDb: 5 })
  await app.sent(oldStatus(hill.key))
  app.send(Buffer.from('\x13reboot'))
  await clock.run(10)
  t.ok(app.hasEnded)
  t.notOk(world.companion.isUp)
  await clock.run(1500)
  const again = new RadioApp(world, clock)
  await clock.run(10_000)
  t.same(again.kinds(), ['raw_log'])
  t.not(await again.ask({ is: 'next_message' }, 'no_more_messages'), null)
})

t.test('pushes may come twice, and late', async (t) => {
  const { app, clock, world } = quietWorld()
  const hill = world.repeater('Hill')
  await app.login(hill)
  await clock.run(3000)
  world.companion.duplicates = true
  hill.answerDelayMs = 20_000
  t.ok(await app.time(status(hill.key), 'binary') > 20_000)
  t.equal(app.all('binary').length, 2)
  t.same(app.all('binary')[0], app.all('binary')[1])
})

t.test('a frame that is cut ends the connection', async (t) => {
  const { app, clock, world } = quietWorld()
  world.companion.cutNextFrame()
  app.send({ is: 'get_time' })
  await clock.run(10)
  t.same(app.heard, [])
  t.ok(app.hasEnded)
  t.not(await new RadioApp(world, clock).ask({ is: 'get_time' }, 'time'), null)
})
