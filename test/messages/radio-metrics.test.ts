import t from 'tap'
import { accept, at, receivedAt, reject } from '../support/messages.js'

const time = at('2026-11-22T11:00:00Z')
const base = { schema: 'meshmon.v1', type: 'radio_metrics', node: 'HB9-R1', role: 'repeater', sent_at: '2026-11-22T11:00:00Z', metrics: { bat: 3840, last_snr: -3.25 } }

t.test('each reading becomes a row', async (t) => {
  const stamp = { time, received_at: receivedAt, sent_at: null, clock_suspect: false }
  t.same(accept({ ...base, public_key: '2c7448fc', info: { battery: { chemistry: 'lifepo4', cells: 1 }, hardware: 'RAK4631', radio: { sf: 8 } } }), {
    type: 'radio_metrics',
    rows: [
      { table: 'radio_metrics', values: { ...stamp, node: 'HB9-R1', metric: 'bat', value: 3840 } },
      { table: 'radio_metrics', values: { ...stamp, node: 'HB9-R1', metric: 'last_snr', value: -3.25 } },
    ],
    sightings: [{
      name: 'HB9-R1', kind: 'repeater', time, sendsItself: false, publicKey: '2c7448fc', battery: { chemistry: 'lifepo4', cells: 1 },
      model: 'RAK4631', info: { hardware: 'RAK4631', radio: { sf: 8 } },
    }],
    neighbours: [],
    skippedProbes: 0,
    clockSuspect: false,
  })
})

t.test('a reading that is null was not taken', async (t) => {
  t.match(accept({ ...base, metrics: { bat: null, snr: 0 } }).rows, [{ values: { metric: 'snr', value: 0 } }])
  t.same(accept({ ...base, metrics: {} }).rows, [])
})

t.test('names of readings follow the rule of names, whatever else they are', async (t) => {
  t.match(accept({ ...base, metrics: { toString: 1, hasOwnProperty: 2 } }).rows, [{ values: { metric: 'toString', value: 1 } }, { values: { metric: 'hasOwnProperty', value: 2 } }])
  t.equal(reject({ ...base, metrics: { '': 1 } }), '/metrics has a name that must not be empty')
  t.equal(reject({ ...base, metrics: { ['x'.repeat(129)]: 1 } }), '/metrics has a name that must have at most 128 characters')
})

t.test('fields nobody knows stay with the radio', async (t) => {
  t.match(accept({ ...base, firmware: 'v1.9' }).sightings, [{ info: { extra: { firmware: 'v1.9' } } }])
})

t.test('bad readings', async (t) => {
  t.equal(reject({ ...base, metrics: { bat: '3840' } }), '/metrics/bat must be a number or null')
  t.equal(reject({ ...base, info: { battery: 'lipo' } }), '/info/battery must be an object or null')
  t.equal(reject({ ...base, info: { battery: { chemistry: 'lipo', cells: 1e300 } } }), '/info/battery/cells must be <= 99')
  t.equal(reject({ ...base, info: { battery: { cells: 0 } } }), '/info/battery/cells must be >= 1')
  t.match(accept({ ...base, info: { battery: { chemistry: null, cells: null, made: 2020 }, radio: { battery: 'x' } } }).sightings, [{ battery: { made: 2020 }, info: { radio: { battery: 'x' } } }])
  t.equal(reject({ ...base, role: 'router' }), '/role must be one of companion, repeater')
  t.equal(reject({ ...base, metrics: null }), '/metrics must be an object')
})
