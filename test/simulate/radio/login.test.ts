import t from 'tap'
import { decodeAccessList, decodeLpp } from '../../../src/radio/frames/index.js'
import { quietWorld, RadioApp } from '../../support/radio-app.js'

t.test('point 1: a wrong password is met with silence, as is a request without a login', async (t) => {
  const { app, world } = quietWorld()
  const hill = world.repeater('Hill')
  t.equal(await app.status(hill), null)
  t.equal(await app.login({ ...hill, key: hill.key, password: 'wrong' }), null)
  t.same(app.all('login_fail'), [])
  t.not(await app.login(hill), null)
  t.not(await app.status(hill), null)
})

t.test('point 2: a wrong password does not log out', async (t) => {
  const { app, world } = quietWorld()
  const hill = world.repeater('Hill')
  await app.login(hill)
  t.equal(await app.login({ key: hill.key, password: 'wrong' }), null)
  t.not(await app.status(hill), null)
})

t.test('point 2: an admin survives the repeater\'s power cycle from 5 s after the login on, a guest never', async (t) => {
  for (const { password, afterMs, survives } of [
    { password: 'hill-pass', afterMs: 300, survives: false },
    { password: 'hill-pass', afterMs: 5100, survives: true },
    { password: '', afterMs: 5100, survives: false }
  ]) {
    const { app, world, clock } = quietWorld()
    const hill = world.repeater('Hill')
    await app.login({ key: hill.key, password })
    await clock.run(afterMs)
    hill.reboot()
    t.equal(await app.status(hill) !== null, survives, `${password} ${afterMs}`)
    await app.login({ key: hill.key, password })
    t.not(await app.status(hill), null)
  }
})

t.test('point 3: a blank password makes an unknown sender a guest, and leaves a known one what it is', async (t) => {
  const { app, world, clock } = quietWorld()
  const hill = world.repeater('Hill')
  t.match(await app.login({ key: hill.key, password: '' }), { isAdmin: false, permissions: 0 })
  t.not(await app.status(hill), null)
  const names = async (): Promise<string[]> => decodeLpp(await app.telemetry(hill) ?? new Uint8Array()).map(({ name }) => name)
  await clock.run(2000)
  t.same(await names(), ['voltage', 'temperature'])
  const list = { is: 'request', key: hill.key, request: { is: 'access_list' } } as const
  t.equal(await app.ask(list, 'binary'), null)
  await app.login(hill)
  t.match(await app.login({ key: hill.key, password: '' }), { isAdmin: true, permissions: 3 })
  t.ok((await names()).includes('humidity'))
  const answer = await app.ask(list, 'binary')
  t.same(decodeAccessList(answer?.body ?? new Uint8Array()), [{ prefix: world.companion.key.slice(0, 6), permissions: 3 }])
})

t.test('point 3: with a guest password of its own, a blank one is as good as a wrong one', async (t) => {
  const { app, world } = quietWorld()
  const hill = world.repeater('Hill')
  hill.guestPassword = 'visitor'
  t.equal(await app.login({ key: hill.key, password: '' }), null)
  t.match(await app.login({ key: hill.key, password: 'visitor' }), { isAdmin: false, permissions: 0 })
})

t.test('point 3: 15 characters of a password count, on both sides', async (t) => {
  const { app, world } = quietWorld()
  const hill = world.repeater('Hill')
  hill.password = '123456789012345'
  const raw = (password: string): Uint8Array => Buffer.concat([Uint8Array.of(26), hill.key, Buffer.from(password)])
  t.equal(await app.ask(raw('12345678901234'), 'login_success'), null)
  t.match(await app.ask(raw('12345678901234567890'), 'login_success'), { isAdmin: true })
  hill.password = '1234567890123456789'
  t.match(await app.ask(raw('123456789012345'), 'login_success'), { isAdmin: true })
})

t.test('the repeater\'s clock comes with the login', async (t) => {
  const { app, world, clock } = quietWorld()
  const hill = world.repeater('Hill')
  hill.rtc.setOffset(-300)
  const login = await app.login(hill)
  t.ok(Math.abs((login?.clockS ?? 0) + 300 - clock.now() / 1000) < 3)
  t.match(Buffer.from(app.heard.at(-1)?.payload ?? []).toString('hex'), /^8501[0-9a-f]{12}[0-9a-f]{8}0302$/)
})

t.test('replay guard: what is not newer than the last is not answered, a request as a login, until the clock is right again', async (t) => {
  const { app, world, clock } = quietWorld()
  const { companion } = world
  const hill = world.repeater('Hill')
  await app.login(hill)
  await app.status(hill)
  await clock.until(companion.reboot())
  companion.rtc.setOffset(-600)
  const again = new RadioApp(world, clock)
  t.equal(await again.status(hill), null)
  t.equal(await again.login(hill), null)
  t.match(await again.ask({ is: 'set_time', timeS: Math.ceil(clock.now() / 1000) }, 'ok'), { is: 'ok' })
  t.not(await again.status(hill), null)
})
