import t from 'tap'
import type { Command, Contact } from '../../../src/radio/frames/index.js'
import type { StoredContact } from '../../../src/simulate/radio/contacts.js'
import { quietWorld, type RadioApp } from '../../support/radio-app.js'

const status = (key: Uint8Array): Command => ({ is: 'request', key, request: { is: 'status' } })

async function contactOf (app: RadioApp, { key }: Pick<StoredContact, 'key'>): Promise<Contact | undefined> {
  app.heard.length = 0
  await app.ask({ is: 'get_contacts' }, 'contacts_end')
  return app.all('contact').find((contact) => Buffer.compare(contact.key, key) === 0)
}

t.test('point 10: the first flood answer tells the way (0x81 before 0x85), later requests go direct', async (t) => {
  const { app, world, clock } = quietWorld()
  const summit = world.repeater('Summit')
  t.match(await contactOf(app, summit), { hops: null })
  app.heard.length = 0
  t.match(await app.sent({ is: 'login', key: summit.key, password: 'summit-pass' }), { flooded: true })
  await app.next('login_success')
  t.same(app.kinds().filter((kind) => kind !== 'raw_log'), ['sent', 'path_updated', 'login_success'])
  t.same(app.all('path_updated'), [{ is: 'path_updated', key: summit.key }])
  await clock.run(5000)
  const contact = await contactOf(app, summit)
  t.match(contact, { hops: 2, hashSize: 1, path: Uint8Array.of(world.repeater('Hill').key[0] ?? 0, world.repeater('Ridge').key[0] ?? 0, ...new Uint8Array(62)) })
  app.heard.length = 0
  t.match(await app.sent(status(summit.key)), { flooded: false })
  await app.next('binary')
  t.notOk(app.kinds().includes('path_updated'))
})

t.test('point 10: a middle repeater dies: silence on the direct way until the path is reset, then another way', async (t) => {
  const { app, world, clock } = quietWorld({ repeaters: 6 })
  const harbour = world.repeater('Harbour')
  t.same(harbour.ways, [['Tower', 'Valley'], ['Hill']])
  await app.login(harbour)
  await clock.run(5000)
  t.not(await app.status(harbour), null)
  world.repeater('Valley').powerOff()
  for (let i = 0; i < 3; i++) t.equal(await app.status(harbour), null)
  t.match(await app.ask({ is: 'reset_path', key: harbour.key }, 'ok'), { is: 'ok' })
  t.match(await app.sent(status(harbour.key)), { flooded: true })
  t.not(await app.next('binary'), null)
  t.match(await contactOf(app, harbour), { hops: 1 })
})

t.test('point 10: a request right after a flood answer is answered over the repeater\'s old way and lost; 2 s later it is not', async (t) => {
  for (const { waitMs, answered } of [{ waitMs: 0, answered: false }, { waitMs: 4000, answered: true }]) {
    const { app, world, clock } = quietWorld({ repeaters: 6 })
    const harbour = world.repeater('Harbour')
    await app.login(harbour)
    await clock.run(5000)
    world.repeater('Valley').powerOff()
    await app.ask({ is: 'reset_path', key: harbour.key }, 'ok')
    await app.ask(status(harbour.key), 'binary')
    await clock.run(waitMs)
    t.equal(await app.status(harbour) !== null, answered)
  }
})

t.test('point 10: a lost return path makes the repeater answer by flood, until the companion has told it again', async (t) => {
  const { app, world, clock } = quietWorld()
  const hill = world.repeater('Hill')
  await app.login(hill)
  hill.loss = { toRepeater: 1, toCompanion: 0 }
  await clock.run(3000)
  hill.loss = { toRepeater: 0, toCompanion: 0 }
  const isFlood = async (): Promise<boolean> => {
    const before = hill.counters.counts().sentFlood
    await app.status(hill)
    return hill.counters.counts().sentFlood > before
  }
  t.equal(await isFlood(), true)
  await clock.run(5000)
  t.equal(await isFlood(), false)
})

t.test('point 10: a login by flood makes the repeater forget the way back', async (t) => {
  const { app, world, clock } = quietWorld()
  const hill = world.repeater('Hill')
  await app.login(hill)
  await clock.run(5000)
  await app.ask({ is: 'reset_path', key: hill.key }, 'ok')
  await app.login(hill)
  const { sentFlood } = hill.counters.counts()
  t.not(await app.status(hill), null)
  t.equal(hill.counters.counts().sentFlood, sentFlood + 1)
})

t.test('4.1: the length of a status body tells of padding: 60 direct, 58, 57, 56, 71, 70 by flood over 0 to 4 hops', async (t) => {
  const { app, world, clock } = quietWorld({ repeaters: 5 })
  const lengths: Record<string, (number | undefined)[]> = {}
  const tower = world.repeater('Tower')
  for (const hops of [0, 1, 2, 3, 4]) {
    tower.ways = [['Hill', 'Ridge', 'Summit', 'Valley'].slice(0, hops)]
    await app.ask({ is: 'reset_path', key: tower.key }, 'ok')
    await app.login(tower)
    await clock.run(8000)
    const direct = await app.status(tower)
    await app.ask({ is: 'reset_path', key: tower.key }, 'ok')
    const flood = await app.status(tower)
    await clock.run(8000)
    lengths[hops] = [direct?.length, flood?.length]
  }
  t.same(lengths, { 0: [60, 58], 1: [60, 57], 2: [60, 56], 3: [60, 71], 4: [60, 70] })
})

t.test('out of reach: silence, by flood and direct', async (t) => {
  const { app, world, clock } = quietWorld()
  const hill = world.repeater('Hill')
  hill.ways = []
  t.equal(await app.login(hill), null)
  hill.ways = [[]]
  t.not(await app.login(hill), null)
  await clock.run(3000)
  hill.ways = []
  t.equal(await app.status(hill), null)
})
