import t from 'tap'
import { RadioError } from '../../src/radio/companion.js'
import type { Contact, RadioFrame } from '../../src/radio/frames/types.js'
import { Link } from '../../src/radio/link.js'
import { VirtualClock } from '../support/virtual-clock.js'
import { catchLog, contactOf, keyOf, ScriptedCompanion, selfInfo, type Answers } from '../support/scripted-companion.js'

async function openLink (answers: Answers = {}) {
  const clock = new VirtualClock()
  const radio = new ScriptedCompanion(clock, answers)
  const { log, lines } = catchLog()
  const pushed: RadioFrame[] = []
  const link = new Link({ transport: radio, clock, log, onPush: (frame) => { pushed.push(frame) } })
  await link.open(new AbortController().signal)
  return { clock, radio, link, pushed, lines }
}

const time = (link: Link) => link.ask({ is: 'get_time' }, (frame) => frame.is === 'time' ? { answer: frame.timeS } : null)
const vars = (link: Link) => link.ask({ is: 'get_custom_vars' }, (frame) => frame.is === 'custom_vars' ? { answer: frame.vars } : null)
const contacts = (link: Link) => {
  const list: Contact[] = []
  return link.ask({ is: 'get_contacts' }, (frame) => {
    if (frame.is === 'contact') list.push(frame)
    return frame.is === 'contacts_end' ? { answer: list } : frame.is === 'contact' || frame.is === 'contacts_start' ? 'more' : null
  })
}

t.test('questions asked at once go out one by one, each with its own answer', async (t) => {
  const { radio, link, clock } = await openLink({ get_time: () => [], get_custom_vars: () => [{ is: 'custom_vars', vars: { gps: '1' } }] })
  const answers = Promise.all([time(link), vars(link)])
  await clock.run(1000)
  t.same(radio.commands.map(({ is }) => is), ['get_time'])
  radio.say({ is: 'time', timeS: 7 })
  t.same(await clock.until(answers), [7, { gps: '1' }])
  t.equal(clock.waiting, 0)
})

t.test('a push between a question and its answer goes apart', async (t) => {
  const { link, pushed, clock } = await openLink({ get_time: () => [{ is: 'advert', key: keyOf(1) }, { is: 'time', timeS: 7 }] })
  t.equal(await clock.until(time(link)), 7)
  t.match(pushed, [{ is: 'advert' }])
  t.match(link.frames, { unasked: 0, undecodable: 0 })
})

t.test('an error frame refuses the question in flight and no other', async (t) => {
  const { link, clock } = await openLink({ get_time: () => [{ is: 'error', code: 1 }], get_custom_vars: () => [{ is: 'custom_vars', vars: {} }] })
  const refused = t.rejects(time(link), { name: 'RadioError', problem: 'refused', code: 1 })
  t.same(await clock.until(vars(link)), {})
  await refused
})

t.test('a bare error of old firmware has no code', async (t) => {
  const { link, clock } = await openLink({ get_time: () => [{ is: 'error', code: null }] })
  await t.rejects(clock.until(time(link)), { name: 'RadioError', problem: 'refused', code: null })
})

t.test('silence ends a question after 5 s', async (t) => {
  const { link, clock } = await openLink({ get_time: () => [] })
  await t.rejects(clock.until(time(link)), { name: 'RadioError', problem: 'no_answer' })
  t.equal(clock.monotonicMs(), 5000)
  t.notOk(link.signal.aborted)
})

t.test('the answer to a question that was given up never answers the next one', async (t) => {
  const { link, radio, clock } = await openLink({ get_time: () => [] })
  await t.rejects(clock.until(time(link)), { name: 'RadioError', problem: 'no_answer' })
  radio.answers.app_start = () => [{ is: 'time', timeS: 1 }, selfInfo]
  radio.answers.get_time = () => [{ is: 'time', timeS: 2 }]
  t.equal(await clock.until(time(link)), 2)
  t.same(radio.commands.map(({ is }) => is), ['get_time', 'app_start', 'get_time'])
  t.equal(link.frames.unasked, 1)
  t.equal(await clock.until(time(link)), 2)
  t.equal(radio.asked('app_start'), 1, 'in step again')
})

t.test('a late error frame does not refuse the next question', async (t) => {
  const { link, radio, clock } = await openLink({ get_time: () => [] })
  await t.rejects(clock.until(time(link)), { name: 'RadioError', problem: 'no_answer' })
  radio.answers.app_start = () => [{ is: 'error', code: 1 }, selfInfo]
  radio.answers.get_time = () => [{ is: 'time', timeS: 2 }]
  t.equal(await clock.until(time(link)), 2)
})

t.test('a companion that hangs is given up, with all that waits', async (t) => {
  const { link, radio, clock } = await openLink({ get_time: () => [], app_start: () => [] })
  const questions = Promise.allSettled([time(link), time(link), time(link)])
  const outcomes = await clock.until(questions)
  t.match(outcomes.map((outcome) => outcome.status === 'rejected' && outcome.reason), [{ problem: 'no_answer' }, { problem: 'no_answer' }, { problem: 'no_answer' }])
  t.match(await link.ended, { name: 'RadioError', problem: 'no_answer' })
  t.notOk(radio.isOpen)
  t.equal(clock.monotonicMs(), 15_000)
  t.equal(clock.waiting, 0)
})

t.test('a slow list counts its silence from the last contact', async (t) => {
  const { link, radio, clock } = await openLink({ get_contacts: () => [{ is: 'contacts_start', total: 4 }] })
  const list = contacts(link)
  for (const byte of [1, 2, 3]) {
    await clock.run(4000)
    radio.say(contactOf(byte, `R${byte}`, 100))
  }
  await clock.run(4000)
  radio.say({ is: 'contacts_end', lastModifiedS: 100 })
  t.equal((await list).length, 3)
})

t.test('a list that stops half way ends 5 s after its last contact', async (t) => {
  const { link, radio, clock } = await openLink({ get_contacts: () => [{ is: 'contacts_start', total: 4 }] })
  const list = contacts(link)
  list.catch(() => {})
  await clock.run(4000)
  radio.say(contactOf(1, 'R1', 100))
  await t.rejects(clock.until(list), { name: 'RadioError', problem: 'no_answer' })
  t.equal(clock.monotonicMs(), 9000)
})

t.test('what can\'t be decoded is counted, logged without its bytes and dropped', async (t) => {
  const { link, lines, clock } = await openLink({ get_time: () => [Uint8Array.of(), Uint8Array.of(9, 1), { is: 'time', timeS: 7 }] })
  t.equal(await clock.until(time(link)), 7)
  t.equal(link.frames.undecodable, 2)
  t.match(lines.map((line) => JSON.parse(line)), [{ level: 20, bytes: 0 }, { level: 20, code: 9, bytes: 2 }])
})

t.test('an answer that nobody waits for is counted; the old status push, which nobody here asks for, as well', async (t) => {
  const { link, radio, pushed } = await openLink()
  radio.say({ is: 'time', timeS: 7 }, { is: 'status', prefix: new Uint8Array(6), body: new Uint8Array(56) }, { is: 'message_waiting' })
  t.equal(link.frames.unasked, 2)
  t.match(pushed, [{ is: 'message_waiting' }])
})

t.test('more questions than may wait are refused at once', async (t) => {
  const { link, clock } = await openLink({ get_time: () => [] })
  const waiting = Promise.allSettled(Array.from({ length: 64 }, () => time(link)))
  await t.rejects(time(link), { name: 'RadioError', problem: 'queue_full', code: null })
  await link.close()
  const outcomes = await clock.until(waiting)
  t.ok(outcomes.every((outcome) => outcome.status === 'rejected' && outcome.reason instanceof RadioError && outcome.reason.problem === 'closed'))
})

t.test('a lost connection rejects what is in flight, what waits and what is asked later', async (t) => {
  const { link, radio, clock } = await openLink({ get_time: () => [] })
  const asked = Promise.allSettled([time(link), time(link)])
  await clock.run(10)
  radio.drop()
  for (const outcome of await clock.until(asked)) t.match(outcome, { status: 'rejected', reason: { problem: 'closed', message: /the radio closed the connection/ } })
  await t.rejects(time(link), { name: 'RadioError', problem: 'closed' })
  t.match(await link.ended, { name: 'TransportError', problem: 'lost' })
  t.equal(clock.waiting, 0)
})
