import t from 'tap'
import { startReceiver } from '../support/receiver.js'
import { startMs, startNotifyTest } from '../support/notify.js'

const { clock, open, queue, notifier, pool } = await startNotifyTest(t)
const hour = 3_600_000

t.test('an open critical issue that nobody acknowledges is told again every six hours', async (t) => {
  const receiver = await startReceiver(t)
  const { deliverDue } = notifier({ NOTIFY_URLS: receiver.url })
  await open({ id: 'a', severity: 'critical' }, { id: 'minor' })
  const times = []
  for (const at of [0, 1, 5, 6, 7, 11, 12, 17, 18]) {
    clock.nowMs = startMs + at * hour
    const before = receiver.received.length
    await deliverDue()
    await deliverDue()
    times.push(...receiver.received.slice(before).map(({ body }) => `${at} h ${body.key}`))
  }
  t.same(times, ['0 h a/opened', '0 h minor/opened', '6 h a/reminder/1', '12 h a/reminder/2', '18 h a/reminder/3'])
  t.match(receiver.received.at(-1)!.body, { event: 'reminder', title: 'Still critical: Node silent: n-a' })
})

t.test('a pause of the collector is made up by one reminder', async (t) => {
  const receiver = await startReceiver(t)
  const { deliverDue } = notifier({ NOTIFY_URLS: receiver.url })
  await open({ id: 'a', severity: 'critical' })
  await deliverDue()
  clock.nowMs += 50 * hour
  await deliverDue()
  await deliverDue()
  t.same(receiver.received.map(({ body }) => body.key), ['a/opened', 'a/reminder/1'])
})

t.test('it counts from what was told last', async (t) => {
  const receiver = await startReceiver(t)
  const { deliverDue } = notifier({ NOTIFY_URLS: receiver.url })
  await open({ id: 'a' })
  await deliverDue()
  clock.nowMs += 5 * hour
  await pool.query("update incidents set severity = 'critical'")
  await queue({ incidentId: 'a', event: 'escalated' })
  await deliverDue()
  clock.nowMs += 5 * hour
  await deliverDue()
  t.match(receiver.received.map(({ body }) => body.title), ['Major: Node silent: n-a', 'Now critical: Node silent: n-a'])
  clock.nowMs += hour
  await deliverDue()
  t.equal(receiver.received.at(-1)!.body.event, 'reminder')
})

for (const [name, change] of [
  ['acknowledged', "ack = '{\"by\": \"HB9XYZ\"}'"], ['closing', "state = 'closing'"], ['stale', 'stale = true'], ['in maintenance', 'in_maintenance = true'], ['a consequence', "caused_by = 'x'"],
] as const) {
  t.test(`none where it is ${name}`, async (t) => {
    const receiver = await startReceiver(t)
    const { deliverDue } = notifier({ NOTIFY_URLS: receiver.url })
    await open({ id: 'a', severity: 'critical' })
    await deliverDue()
    await pool.query(`update incidents set ${change}`)
    clock.nowMs += 7 * hour
    await deliverDue()
    t.same(receiver.received.map(({ body }) => body.event), ['opened'])
    await pool.query("update incidents set ack = null, state = 'open', stale = false, in_maintenance = false, caused_by = null")
    await deliverDue()
    t.same(receiver.received.map(({ body }) => body.event), ['opened', 'reminder'], 'but where it is not')
  })
}

t.test('reminders can be switched off', async (t) => {
  const receiver = await startReceiver(t)
  const { deliverDue } = notifier({ NOTIFY_URLS: receiver.url, NOTIFY_REMIND_H: '0' })
  await open({ id: 'a', severity: 'critical' })
  await deliverDue()
  clock.nowMs += 100 * hour
  await deliverDue()
  t.equal(receiver.received.length, 1)
})

t.test('the quality of data: one message a day and rule, with the nodes so far', async (t) => {
  const receiver = await startReceiver(t)
  const { deliverDue } = notifier({ NOTIFY_URLS: receiver.url, PUBLIC_URL: 'http://meshmon' })
  const skewed = (id: string) => ({ id, kind: 'clock_skew', category: 'data_quality', severity: 'minor' })
  await open(skewed('a'), skewed('b'))
  await deliverDue()
  clock.nowMs += hour
  await open(skewed('c'))
  await queue({ incidentId: 'a', event: 'closed' })
  await deliverDue()
  t.equal(receiver.received.length, 1)
  t.match(receiver.received[0]!.body, {
    event: 'daily', key: 'clock_skew/2026-06-15', title: 'Clock is wrong: 2 nodes', severity: 'minor', issue: null, affected_count: 2,
    affected: [{ id: 'a', title: 'Clock is wrong: n-a' }, { id: 'b' }], text: /^- Clock is wrong: n-a\n- Clock is wrong: n-b\n/,
  })
  clock.nowMs += 24 * hour
  await open(skewed('d'))
  await deliverDue()
  t.match(receiver.received[1]!.body, { key: 'clock_skew/2026-06-16', title: 'Clock is wrong: 4 nodes' })
})
