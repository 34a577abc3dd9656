import t from 'tap'
import type { LoginSuccess, RadioFrame } from '../../src/radio/frames/types.js'
import { openCompanion } from '../../src/radio/session.js'
import { catchLog, keyOf, loginSuccess, ScriptedCompanion, sentAs, type Answers } from '../support/scripted-companion.js'
import { VirtualClock } from '../support/virtual-clock.js'

const r1 = keyOf(1)
const status = new Uint8Array(60).fill(7)
const binary = (tag: number, body = status): RadioFrame => ({ is: 'binary', tag, body })

async function start (answers: Answers) {
  const clock = new VirtualClock()
  const radio = new ScriptedCompanion(clock, answers)
  const companion = await clock.until(openCompanion({ transport: radio, clock, log: catchLog().log, signal: new AbortController().signal }))
  return { clock, radio, companion }
}

/** Requests get the tags 1, 2, … */
function tagged (flooded = false): Answers['request'] {
  let tag = 0
  return () => [sentAs(++tag, { flooded })]
}

t.test('an answer is matched by its tag, even in the same chunk as SENT', async (t) => {
  const { companion, clock } = await start({ request: () => [sentAs(5), binary(4), binary(5, Uint8Array.of(1, 2)), binary(5)] })
  const asked = await clock.until(companion.request(r1, { is: 'telemetry' }))
  t.match(asked, { sent: { tag: 5, suggestedMs: 2000 }, requestBytes: 5 })
  t.same(await clock.until(asked.answer), Uint8Array.of(1, 2))
})

t.test('a body too short for a status is not believed', async (t) => {
  const { companion, clock } = await start({ request: () => [sentAs(5), binary(5, new Uint8Array(47)), binary(5, new Uint8Array(48))] })
  const asked = await clock.until(companion.request(r1, { is: 'status' }))
  t.equal((await clock.until(asked.answer))?.length, 48)
})

t.test('an answer is taken however late, until another request goes out', async (t) => {
  const { companion, clock, radio } = await start({ request: tagged() })
  const first = await clock.until(companion.request(r1, { is: 'status' }))
  await clock.run(3_600_000)
  radio.say(binary(1))
  t.same(await clock.until(first.answer), status)

  const second = await clock.until(companion.request(r1, { is: 'status' }))
  const third = await clock.until(companion.request(r1, { is: 'status' }))
  t.equal(await clock.until(second.answer), null)
  radio.say(binary(2), binary(3))
  t.same(await clock.until(third.answer), status)
})

t.test('a request that the companion refuses does not end the one before', async (t) => {
  const { companion, clock, radio } = await start({ request: tagged() })
  const first = await clock.until(companion.request(r1, { is: 'status' }))
  for (const [code, problem] of [[2, 'not_a_contact'], [3, 'queue_full']] as const) {
    radio.answers.request = () => [{ is: 'error', code }]
    await t.rejects(clock.until(companion.request(keyOf(9), { is: 'status' })), { name: 'RadioError', problem, code })
  }
  radio.say(binary(1))
  t.same(await clock.until(first.answer), status)
})

t.test('the end of the connection ends what is outstanding and what waits', async (t) => {
  const { companion, clock, radio } = await start({ request: tagged() })
  const asked = await clock.until(companion.request(r1, { is: 'status' }))
  const login = companion.login(r1, 'password')
  login.catch(() => {})
  await clock.run(100)
  radio.drop()
  t.equal(await clock.until(asked.answer), null)
  await t.rejects(clock.until(login), { name: 'RadioError', problem: 'closed' })
  t.equal(clock.waiting, 0)
})

const login = loginSuccess(r1)
const { clockS, permissions, firmwareLevel, ...legacy } = login
const believed: Array<[string, LoginSuccess]> = [
  ['a guest', login],
  ['an admin', { ...login, isAdmin: true, permissions: 3 }],
  ['an admin with further bits', { ...login, isAdmin: true, permissions: 0x83 }],
  ['the 8 bytes of old firmware', legacy]
]
for (const [what, push] of believed) {
  t.test(`a login is believed: ${what}`, async (t) => {
    const { companion, clock } = await start({ login: () => [sentAs(1), push] })
    const asked = await clock.until(companion.login(r1, 'password'))
    t.equal(asked.requestBytes, 8)
    t.match(await clock.until(asked.answer), push)
  })
}

const refused: Array<[string, RadioFrame]> = [
  ['of another node', { ...login, prefix: keyOf(2).slice(0, 6) }],
  ['an admin without the rights', { ...login, isAdmin: true, permissions: 0 }],
  ['the rights without an admin', { ...login, permissions: 3 }],
  ['a firmware level that is a part of a status', { ...login, firmwareLevel: 0x49 }],
  ['the tag of an older request as the repeater\'s clock', { ...login, clockS: 1 }],
  ['a length between 8 and 14 bytes', { ...legacy, clockS, permissions }],
  ['the old status push', { is: 'status', prefix: login.prefix, body: status }]
]
for (const [what, push] of refused) {
  t.test(`a login is not believed: ${what}`, async (t) => {
    const { companion, clock, radio } = await start({ request: tagged(), login: () => [sentAs(1), push] })
    const request = await clock.until(companion.request(r1, { is: 'status' }))
    radio.say(binary(1))
    await clock.until(request.answer)
    const asked = await clock.until(companion.login(r1, 'password'))
    const later = await clock.until(companion.request(r1, { is: 'status' }))
    t.equal(await clock.until(asked.answer), null)
    radio.say(binary(2))
    t.same(await clock.until(later.answer), status)
  })
}

t.test('a login success that nobody asked for changes nothing', async (t) => {
  const { companion, clock, radio } = await start({ request: tagged() })
  radio.say(login)
  const asked = await clock.until(companion.request(r1, { is: 'status' }))
  radio.say(login, binary(1))
  t.same(await clock.until(asked.answer), status)
})

t.test('a login waits until the answer to an unanswered request can\'t come any more', async (t) => {
  const { companion, clock, radio } = await start({ request: tagged(), login: () => [sentAs(9), login] })
  await clock.until(companion.request(r1, { is: 'status' }))
  await clock.run(500)
  await clock.until(companion.login(r1, ''))
  t.equal(clock.monotonicMs(), 3000, 'suggested 2 s, by half later')
  t.equal(radio.asked('login'), 1)
})

t.test('a login after an answered request goes at once', async (t) => {
  const { companion, clock } = await start({ request: () => [sentAs(5), binary(5)], login: () => [sentAs(9), login] })
  await clock.until(companion.request(r1, { is: 'status' }))
  await clock.until(companion.login(r1, ''))
  t.equal(clock.monotonicMs(), 0)
})

t.test('a login also waits after a request that another one replaced, or whose SENT never came', async (t) => {
  const { companion, clock, radio } = await start({ request: tagged(), login: () => [sentAs(9), login] })
  await clock.until(companion.request(r1, { is: 'status' }))
  radio.answers.request = () => [sentAs(5, { suggestedMs: 10 }), binary(5)]
  await clock.until(companion.request(r1, { is: 'status' }))
  await clock.until(companion.login(r1, ''))
  t.equal(clock.monotonicMs(), 3000)
  radio.answers.request = () => []
  await t.rejects(clock.until(companion.request(r1, { is: 'status' })), { name: 'RadioError', problem: 'no_answer' })
  await clock.until(companion.login(r1, ''))
  t.equal(clock.monotonicMs(), 3000 + 14_430)
})

t.test('after the answer to a flood the next request waits 2 s, and what waits keeps its order', async (t) => {
  const { companion, clock, radio } = await start({ request: tagged(true), login: () => [sentAs(9), login] })
  const asked = await clock.until(companion.request(r1, { is: 'status' }))
  await clock.run(1000)
  radio.say(binary(1))
  await clock.until(asked.answer)
  const both = Promise.all([companion.request(r1, { is: 'telemetry' }), companion.login(r1, '')])
  await clock.run(1999)
  t.same([radio.asked('request'), radio.asked('login')], [1, 0])
  await clock.run(1)
  t.same([radio.asked('request'), radio.asked('login')], [2, 0])
  await clock.until(both)
  t.equal(radio.asked('login'), 1)
})

t.test('after a direct answer the next request goes at once', async (t) => {
  const { companion, clock } = await start({ request: () => [sentAs(5), binary(5)] })
  await clock.until(companion.request(r1, { is: 'status' }))
  await clock.until(companion.request(r1, { is: 'status' }))
  t.equal(clock.monotonicMs(), 0)
})

t.test('more requests than may wait are refused at once', async (t) => {
  const { companion, clock } = await start({ request: tagged() })
  const waiting = Promise.allSettled(Array.from({ length: 32 }, () => companion.request(r1, { is: 'status' })))
  await t.rejects(companion.request(r1, { is: 'status' }), { name: 'RadioError', problem: 'queue_full', code: null })
  for (const outcome of await clock.until(waiting)) t.equal(outcome.status, 'fulfilled')
})
