import { join } from 'node:path'
import t from 'tap'
import { ConfigError, loadConfig } from '../../src/config.js'
import { readPollSettings } from '../../src/radio/poll-settings.js'

const read = (env: Record<string, string>) => readPollSettings(loadConfig(env, 'radio').config)

t.test('meshcore-stats\' variables name the one repeater', async (t) => {
  t.same(read({
    REPEATER_NAME: 'Hill', REPEATER_KEY_PREFIX: '!A1B2C3d', REPEATER_PASSWORD: 'secret', REPEATER_DISPLAY_NAME: 'The hill', REPEATER_HARDWARE: 'RAK', REPEATER_BATTERY: 'lifepo4:4',
    COMPANION_DISPLAY_NAME: 'Base', COMPANION_BATTERY: 'lipo', TELEMETRY_ENABLED: '1', REMOTE_TIMEOUT_S: '12', TELEMETRY_RETRY_ATTEMPTS: '3', COMPANION_STEP: '30',
  }), {
    companion: { displayName: 'Base', battery: { chemistry: 'lipo', cells: 1 }, telemetry: true, connection: 'serial' },
    repeaters: [{ name: 'Hill', keyPrefix: 'a1b2c3d', password: 'secret', displayName: 'The hill', hardware: 'RAK', battery: { chemistry: 'lifepo4', cells: 4 }, telemetry: true, neighbours: false }],
    companionStepS: 30, repeaterStepS: 900,
    status: { timeoutS: 12, attempts: 2, backoffS: 4 }, telemetry: { timeoutS: 10, attempts: 3, backoffS: 4 },
    breakerFails: 6, breakerCooldownS: 3600, budgetSPerH: 60,
  })
  t.equal(read({ MESH_TRANSPORT: 'ble' }).companion.connection, 'ble')
  t.same(read({}).repeaters, [], 'without one only the companion is polled')
  t.match(read({ REPEATER_NAME: 'Hill', REPEATER_PUBKEY_PREFIX: '!a1b2c3d4' }).repeaters, [{ name: 'Hill', keyPrefix: 'a1b2c3d4' }])
  t.equal(read({ REPEATER_NAME: 'Hill', REPEATER_PUBKEY_PREFIX: '!e5f6g7h8' }).repeaters[0]?.keyPrefix, undefined, 'shown only')
})

t.test('REPEATERS is a list, in one line, in many, or in a file', async (t) => {
  const expected = [{ name: 'A', password: 'x', telemetry: false, neighbours: false }, { keyPrefix: 'abcdef', password: '', telemetry: true, neighbours: false }]
  const lines = '- name: A\n  password: x\n- key_prefix: ABCDEF\n  telemetry: true\n'
  const folder = t.testdir({ 'repeaters.yaml': `# mine\n${lines}` })
  for (const REPEATERS of ['[{ name: A, password: x }, { key_prefix: ABCDEF, telemetry: true }]', lines, join(folder, 'repeaters.yaml')]) {
    t.same(read({ REPEATERS }).repeaters, expected)
  }
})

t.test('mistakes in it are all named, and no password is', async (t) => {
  const REPEATERS = '[{ name: A, pasword: hilltop }, { password: valley }, { name: A }, { name: 7, password: 1234567 }, { key_prefix: xyzxyz }, hilltop, { name: B, battery: { chemistry: lead } }]'
  try {
    read({ REPEATERS })
    t.fail('must throw')
  } catch (error) {
    t.ok(error instanceof ConfigError)
    const { message } = error as ConfigError
    t.match(message, 'REPEATERS: repeater 1 (A): has pasword, which nothing reads')
    t.notMatch(message, 'schema', 'each mistake is named once, in words for an operator')
    t.match(message, 'REPEATERS: repeater 2: has neither name nor key_prefix')
    t.match(message, 'REPEATERS: (A) is there twice')
    t.match(message, 'REPEATERS: repeater 4: password must be a text: in quotes, where it looks like a number')
    t.match(message, 'REPEATERS: repeater 5 (xyzxyz): key_prefix must be 6 to 64 hexadecimal digits')
    t.match(message, 'REPEATERS: repeater 6: must be object')
    t.match(message, /REPEATERS: repeater 7 \(B\): battery.chemistry must be/)
    t.notMatch(message, /hilltop|valley|1234567/)
  }
  t.throws(() => read({ REPEATERS: '/nowhere.yaml' }), /REPEATERS: \/nowhere.yaml is neither a YAML list, such as \[\{ name: Hill, password: guest \}\], nor the path of a file that holds one$/)
  t.throws(() => read({ REPEATERS: 'Hill' }), /REPEATERS: Hill is neither a YAML list/)
  t.throws(() => read({ REPEATERS: '{ name: A, password: hilltop }' }), /REPEATERS: is neither a YAML list/, 'what may hold a password is not shown')
  t.throws(() => read({ REPEATERS: '[{ name: A, password: "hilltop }]' }), /REPEATERS: is not YAML at line 1, column \d+$/)
  t.throws(() => read({ REPEATERS: '[]', REPEATER_NAME: 'A' }), /put the one repeater into the list/)
  t.throws(() => read({ REPEATERS: '[{ key_prefix: "!ABCDEF" }, { key_prefix: abcdef }]' }), /REPEATERS: \(abcdef\) is there twice/)
  t.equal(read({ REPEATERS: '[{ key_prefix: "!ABCDEF" }, { key_prefix: abcde0 }]' }).repeaters.length, 2)
  const folder = t.testdir({ 'map.yaml': 'name: A\n' })
  t.throws(() => read({ REPEATERS: join(folder, 'map.yaml') }), /must be a list/)
})
