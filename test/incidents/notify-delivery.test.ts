import { createHmac } from 'node:crypto'
import { createServer, type AddressInfo } from 'node:net'
import { once } from 'node:events'
import { Writable } from 'node:stream'
import pino from 'pino'
import t from 'tap'
import { answer, drip, halfABody, halfAnHead, hang, huge, reset, startReceiver, type Behaviour } from '../support/receiver.js'
import { startMs, startNotifyTest } from '../support/notify.js'

const { clock, open, queue, notifier, notifications, outcomes, pool } = await startNotifyTest(t)
const second = 1000

t.test('an opening comes to a webhook: signed JSON with the issue and what it causes', async (t) => {
  const receiver = await startReceiver(t)
  const { deliverDue } = notifier({ NOTIFY_URLS: `${receiver.url.replace('//', '//mesh:s%40cret@')}/hook?x=1`, NOTIFY_SECRET: 'key', PUBLIC_URL: 'http://meshmon.local.mesh:8080/' })
  await open({ id: 'cause', kind: 'bottleneck_link', category: 'network', subject: 'a--b', scope: { type: 'link', a: 'a', b: 'b', medium: 'rf' }, cause: 'The link a – b slows 2 paths.', next_steps: ['Align the antenna of a.'], impact: { routes: 3, nodes: [], paths: [] } })
  await open({ id: 'path', kind: 'loss_spike', category: 'network', subject: 'a>c', scope: { type: 'path', src: 'a', dst: 'c' }, caused_by: 'cause' })
  await deliverDue()

  t.equal(receiver.received.length, 1, 'the consequence rides in the message of its cause')
  const [{ path, headers, raw, body }] = receiver.received as [typeof receiver.received[0]]
  t.equal(path, '/hook?x=1')
  t.match(headers, { 'content-type': /^application\/json/, 'idempotency-key': 'cause/opened', authorization: `Basic ${Buffer.from('mesh:s@cret').toString('base64')}` })
  t.equal(headers['x-meshmon-signature'], `sha256=${createHmac('sha256', 'key').update(raw).digest('hex')}`)
  t.match(body, {
    version: 1, key: 'cause/opened', event: 'opened', at: '2026-06-15T12:00:00.000Z', sent_at: '2026-06-15T12:00:00.000Z', severity: 'major',
    title: 'Major: Bottleneck link: a – b', url: 'http://meshmon.local.mesh:8080/ui/issues/cause',
    issue: { id: 'cause', kind: 'bottleneck_link', status: 'open', scope: { a: 'a', b: 'b' }, next_steps: ['Align the antenna of a.'], started_at: '2026-06-15T11:59:00Z', acknowledged: false },
    affected: [{ id: 'path', title: 'Packet loss: a → c', url: 'http://meshmon.local.mesh:8080/ui/issues/path' }], affected_count: 1, summary: null,
  })
  t.match(body.text, /slows 2 paths[\s\S]*Paths hit: 3[\s\S]*Packet loss: a → c[\s\S]*- Align the antenna of a\.[\s\S]*issues\/cause$/)

  clock.nowMs += 90 * second
  await deliverDue()
  t.equal(receiver.received.length, 1)
  t.same(await outcomes(), { 'cause/opened': 'sent', 'path/opened': 'folded' })
})

t.test('a path\'s opening waits for its cause, and is told where none came', async (t) => {
  const receiver = await startReceiver(t)
  const { deliverDue } = notifier({ NOTIFY_URLS: receiver.url })
  const path = { kind: 'loss_spike', category: 'network' }
  await open({ ...path, id: 'stays' }, { ...path, id: 'short' }, { ...path, id: 'folded' })
  clock.nowMs += 89 * second
  await queue({ incidentId: 'short', event: 'closed' })
  await pool.query("update incidents set state = 'closed', ended_at = now(), resolution = 'recovered' where id = 'short'")
  await open({ id: 'cause' })
  await pool.query("update incidents set caused_by = 'cause' where id = 'folded'")
  await deliverDue()
  t.same(receiver.received.map(({ body }) => body.key), ['cause/opened'])
  clock.nowMs += second
  await deliverDue()
  t.same(receiver.received.map(({ body }) => body.key), ['cause/opened', 'stays/opened'])
  t.same(await outcomes(), { 'stays/opened': 'sent', 'short/opened': 'dropped', 'folded/opened': 'folded', 'short/closed': 'dropped', 'cause/opened': 'sent' })
})

const failures: Array<[name: string, behaviour: Behaviour, error: RegExp]> = [
  ['hangs', hang, /^no answer within 0\.3 s$/],
  ['resets the connection', reset, /ECONNRESET|socket hang up/],
  ['answers half a status line', halfAnHead, /\w/],
  ['never ends its head', drip, /^no answer within 0\.3 s|Header overflow/],
  ['says 500', answer(500, {}, 'the disk\nis full'), /^answered 500: the disk is full$/],
  ['says 500 without end', huge(500), /^answered 500: y{299}…$/],
  ['redirects', answer(301, { location: 'https://elsewhere.example/secret-path' }), /^answered 301 to elsewhere\.example: redirects are not followed/],
  ['takes no requests now', answer(425), /^answered 425$/],
]
for (const [name, behaviour, error] of failures) {
  t.test(`a receiver that ${name} is tried again, and has the message once it takes it`, async (t) => {
    const receiver = await startReceiver(t)
    receiver.behave(behaviour, answer(200))
    const { deliverDue } = notifier({ NOTIFY_URLS: receiver.url }, { deadlineMs: 300 })
    await open({ id: 'a' })
    await deliverDue()
    t.match(await notifications(), [{ attempts: 1, sent_at: null, failed_at: null, leased_until: null, due_at: '2026-06-15T12:00:05Z', error }])
    clock.nowMs += 4 * second
    await deliverDue()
    t.equal(receiver.received.length, 1, 'not before its time')
    clock.nowMs += second
    await deliverDue()
    t.match(await notifications(), [{ attempts: 2, sent_at: '2026-06-15T12:00:05Z', error: null }])
    t.same(receiver.received.map(({ headers }) => headers['idempotency-key']), ['a/opened', 'a/opened'])
  })
}

const successes: Array<[name: string, behaviour: Behaviour]> = [
  ['half of what it promised', halfABody], ['without end', huge(200)], ['with nothing', answer(204)],
]
for (const [name, behaviour] of successes) {
  t.test(`a receiver that said 2xx has the message, though it goes on ${name}`, async (t) => {
    const receiver = await startReceiver(t)
    receiver.behave(behaviour)
    const { deliverDue } = notifier({ NOTIFY_URLS: receiver.url }, { deadlineMs: 5000 })
    await open({ id: 'a' })
    await deliverDue()
    clock.nowMs += 3600 * second
    await deliverDue()
    t.match(await notifications(), [{ attempts: 1, sent_at: '2026-06-15T12:00:00Z' }])
    t.equal(receiver.received.length, 1)
  })
}

t.test('a receiver that refuses: ever longer waits, and after a day a dead letter', async (t) => {
  const gone = createServer().listen(0, '127.0.0.1')
  await once(gone, 'listening')
  const { port } = gone.address() as AddressInfo
  await new Promise((resolve) => gone.close(resolve))
  const { deliverDue } = notifier({ NOTIFY_URLS: `http://127.0.0.1:${port}/` })
  await open({ id: 'a' })
  const waits = []
  for (;;) {
    await deliverDue()
    const [{ due_at: due, failed_at: failed, error, attempts }] = await notifications()
    t.match(error, /ECONNREFUSED/)
    if (failed !== null) {
      t.ok(Date.parse(failed) - startMs > 22 * 3600 * second, `given up at ${failed}`)
      t.equal(attempts, waits.length + 1)
      break
    }
    waits.push((Date.parse(due) - clock.nowMs) / second)
    clock.nowMs = Date.parse(due)
  }
  t.same(waits.slice(0, 12), [5, 10, 20, 40, 80, 160, 320, 640, 1280, 2560, 3600, 3600])
  clock.nowMs += 3600 * second
  await deliverDue()
  t.equal((await notifications())[0].attempts, waits.length + 1, 'a dead one stays dead')
})

t.test('what will never be taken is given up at once, and said', async (t) => {
  const receiver = await startReceiver(t)
  receiver.behave(answer(404, {}, 'Cannot POST /hook/tok-12345?key=abcde'))
  const lines: string[] = []
  const log = pino({}, new Writable({ write (chunk, _encoding, done) { lines.push(String(chunk)); done() } }))
  const { deliverDue } = notifier({ NOTIFY_URLS: `http://u:pass-word@${receiver.host}/hook/tok-12345?key=abcde` }, { log })
  await open({ id: 'a' })
  await deliverDue()
  const [notification] = await notifications()
  t.match(notification, { attempts: 1, failed_at: '2026-06-15T12:00:00Z', error: 'answered 404: Cannot POST /…/…?key=…' })
  t.match(lines.join(''), /gave up telling http:\/\/127\.0\.0\.1:\d+\/… \([0-9a-f]{8}\): answered 404/)
  t.notMatch(lines.join('') + JSON.stringify(notification), /tok-12345|abcde|pass-word/, 'secrets are neither logged nor stored')
})

t.test('Retry-After is heeded, within limits', async (t) => {
  const receiver = await startReceiver(t)
  const date = new Date(startMs + 120 * second).toUTCString()
  receiver.behave(answer(429, { 'retry-after': '77' }), answer(503, { 'retry-after': '999999' }), answer(429, { 'retry-after': 'soon' }), answer(429, { 'retry-after': date }), answer(200))
  const { deliverDue } = notifier({ NOTIFY_URLS: receiver.url })
  await open({ id: 'a' })
  const waits = []
  for (let i = 0; i < 4; i++) {
    await deliverDue()
    const [{ due_at: due }] = await notifications()
    waits.push((Date.parse(due) - clock.nowMs) / second)
    clock.nowMs = i === 2 ? startMs + 60 * second : Date.parse(due)
    await pool.query('update notifications set due_at = $1', [new Date(clock.nowMs).toISOString()])
  }
  t.same(waits, [77, 3600, 20, 60])
  await deliverDue()
  t.equal((await notifications())[0].sent_at, '2026-06-15T12:02:00Z')
})

t.test('one target that fails holds up neither the others nor the next issue', async (t) => {
  const [bad, good] = [await startReceiver(t), await startReceiver(t)]
  bad.behave(answer(500))
  const { deliverDue } = notifier({ NOTIFY_URLS: `${bad.url}, ${good.url}` })
  await open({ id: 'a' }, { id: 'b' })
  await deliverDue()
  t.same(good.received.map(({ body }) => body.key), ['a/opened', 'b/opened'])
  t.same(bad.received.map(({ body }) => body.key), ['a/opened', 'b/opened'])
})

t.test('an incident\'s messages keep their order at a target that fails', async (t) => {
  const receiver = await startReceiver(t)
  receiver.behave(answer(500), answer(200))
  const { deliverDue } = notifier({ NOTIFY_URLS: receiver.url })
  await open({ id: 'a' })
  await deliverDue()
  clock.nowMs += second
  await pool.query("update incidents set state = 'closed', ended_at = $1, resolution = 'recovered'", [new Date(clock.nowMs).toISOString()])
  await queue({ incidentId: 'a', event: 'closed' })
  await deliverDue()
  t.same(receiver.received.map(({ body }) => body.event), ['opened'], 'the closing waits')
  clock.nowMs += 4 * second
  await deliverDue()
  t.same(receiver.received.map(({ body }) => body.event), ['opened', 'opened', 'closed'])
  t.match(receiver.received[2]!.body, { title: 'Closed: Node silent: n-a', text: /^It recovered: 2026-06-15 11:59 UTC to 2026-06-15 12:00 UTC, 1 min/, issue: { status: 'closed', resolution: 'recovered' } })
})

t.test('two senders at once: each message once', async (t) => {
  const receiver = await startReceiver(t)
  const [one, two] = [notifier({ NOTIFY_URLS: receiver.url, NOTIFY_PER_MIN: '500' }), notifier({ NOTIFY_URLS: receiver.url, NOTIFY_PER_MIN: '500' })]
  await open(...Array.from({ length: 60 }, (_, i) => ({ id: `n${i}` })))
  await Promise.all([one.deliverDue(), two.deliverDue(), one.deliverDue(), two.deliverDue()])
  await one.deliverDue()
  const keys = receiver.received.map(({ body }) => body.key)
  t.equal(keys.length, 60)
  t.equal(new Set(keys).size, 60)
})

t.test('the lease of a sender that died runs out, and who lost one records nothing', async (t) => {
  const receiver = await startReceiver(t)
  let breakOff = () => {}
  receiver.behave((response) => { breakOff = () => reset(response) }, answer(200))
  await open({ id: 'a' })
  const slow = notifier({ NOTIFY_URLS: receiver.url }, { deadlineMs: 60_000 }).deliverDue()
  await receiver.count(1)
  const successor = notifier({ NOTIFY_URLS: receiver.url })
  clock.nowMs += 59 * second
  await successor.deliverDue()
  t.equal(receiver.received.length, 1, 'leased')
  clock.nowMs += second
  await successor.deliverDue()
  breakOff()
  await slow
  t.equal(receiver.received.length, 2)
  t.match(await notifications(), [{ attempts: 2, sent_at: '2026-06-15T12:01:00Z', error: null }])
})

t.test('a stop waits for the answer of what is being sent', async (t) => {
  const receiver = await startReceiver(t)
  let finish = () => {}
  receiver.behave((response) => { finish = () => answer(200)(response) })
  const stopped = notifier({ NOTIFY_URLS: receiver.url })
  await open({ id: 'a' }, { id: 'b' })
  stopped.start()
  await receiver.count(1)
  const stop = stopped.stop()
  finish()
  await stop
  t.match(await notifications(), [{ sent_at: '2026-06-15T12:00:00Z' }, { sent_at: null, attempts: 0, leased_until: null }], 'and begins nothing more')
})

t.test('a stop breaks off what gets no answer, and leaves it to others at once', async (t) => {
  const receiver = await startReceiver(t)
  receiver.behave(hang, answer(200))
  const stopped = notifier({ NOTIFY_URLS: receiver.url }, { stopGraceMs: 50 })
  await open({ id: 'a' })
  stopped.start()
  await receiver.count(1)
  await stopped.stop()
  t.match(await notifications(), [{ attempts: 0, leased_until: null, sent_at: null }])
  await notifier({ NOTIFY_URLS: receiver.url }).deliverDue()
  t.match(await notifications(), [{ attempts: 1, sent_at: '2026-06-15T12:00:00Z' }])
})

t.test('what is for a target of another collector is left to it, and given up when none has it for a day', async (t) => {
  const [old, other] = [await startReceiver(t), await startReceiver(t)]
  old.behave(answer(500))
  await open({ id: 'a' })
  await notifier({ NOTIFY_URLS: old.url }).deliverDue()
  clock.nowMs += 3600 * second
  await notifier({ NOTIFY_URLS: other.url }).deliverDue()
  t.match(await notifications(), [{ attempts: 1, failed_at: null }])
  clock.nowMs += 23 * 3600 * second
  await notifier({ NOTIFY_URLS: other.url }).deliverDue()
  t.match(await notifications(), [{ attempts: 1, failed_at: '2026-06-16T12:00:00Z' }])
  t.same(other.received, [])
})

t.test('without a target nothing piles up for one that comes later', async (t) => {
  await open({ id: 'a' })
  await notifier({}).deliverDue()
  t.same(await outcomes(), { 'a/opened': 'dropped' })
  const receiver = await startReceiver(t)
  await notifier({ NOTIFY_URLS: receiver.url }).deliverDue()
  t.same(receiver.received, [])
})
