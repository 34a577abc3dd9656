import t from 'tap'
import { until } from '../support/embedded.js'
import { runMeshmon } from '../support/process.js'
import { answer, hang, startReceiver } from '../support/receiver.js'
import { startNotifyTest } from '../support/notify.js'

const { pool, databaseUrl, clock, open, notifications } = await startNotifyTest(t)

t.test('kill -9 while messages are sent: nothing is lost, and only the one that was not answered comes twice', async (t) => {
  const receiver = await startReceiver(t)
  receiver.behave(answer(200), answer(200), hang, answer(200))
  const serve = () => runMeshmon(t, ['serve'], { DATABASE_URL: databaseUrl, HOST: '127.0.0.1', PORT: '0', NOTIFY_URLS: receiver.url, ENGINE_INTERVAL_S: '300' })
  const first = serve()
  await first.printed(/ready for measurements/)
  clock.nowMs = Date.now()
  await open(...Array.from({ length: 6 }, (_, i) => ({ id: `n${i}` })))
  await receiver.count(3)
  first.child.kill('SIGKILL')
  await first.ended
  t.match(await notifications(), [{ sent_at: /Z$/ }, { sent_at: /Z$/ }, { sent_at: null, leased_until: /Z$/ }, { sent_at: null, leased_until: null }, {}, {}])

  const second = serve()
  await receiver.count(6)
  // A minute goes by.
  await pool.query("update notifications set leased_until = leased_until - interval '1 minute' where leased_until is not null")
  await until(async () => (await notifications()).every(({ sent_at: sentAt }) => sentAt !== null), 'the message whose sender was killed')
  second.child.kill('SIGINT')
  t.equal(await second.ended, 0)
  const keys = receiver.received.map(({ headers }) => headers['idempotency-key'])
  t.same(keys, ['n0/opened', 'n1/opened', 'n2/opened', 'n3/opened', 'n4/opened', 'n5/opened', 'n2/opened'])
})
