import t from 'tap'
import { accept, at, receivedAt, reject } from '../support/messages.js'

const time = at('2026-11-22T11:00:00Z')
const base = { schema: 'meshmon.v1', type: 'worker_event', node: 'HB9-R1', sent_at: '2026-11-22T11:00:00Z', event: 'breaker_open' }

t.test('an event becomes a row', async (t) => {
  t.same(accept({ ...base, reason: 'no answer', details: { failures: 6 }, tries: 2 }), {
    type: 'worker_event',
    rows: [{
      table: 'worker_event',
      values: {
        time, received_at: receivedAt, sent_at: null, clock_suspect: false, node: 'HB9-R1',
        event: 'breaker_open', reason: 'no answer', details: { failures: 6 }, extra: { tries: 2 },
      },
    }],
    sightings: [{ name: 'HB9-R1', kind: 'repeater', time, sendsItself: false }],
    neighbours: [],
    skippedProbes: 0,
    clockSuspect: false,
  })
  t.match(accept(base).rows, [{ values: { reason: null, details: null, extra: null } }])
})

t.test('an event nobody knows', async (t) => {
  t.equal(reject({ ...base, event: 'lunch' }), '/event must be one of breaker_open, breaker_closed, login_failed, poll_failed, poll_ok')
})
