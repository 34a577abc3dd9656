import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import t, { type Test } from 'tap'
import { ConfigError, loadConfig, printConfig } from '../src/config.js'

function settingsFile (t: Test, content: string) {
  const folder = mkdtempSync(join(tmpdir(), 'meshmon-config-'))
  t.teardown(() => rmSync(folder, { recursive: true }))
  const path = join(folder, 'meshmon.conf')
  writeFileSync(path, content)
  return path
}

function problemsOf (load: () => unknown): string[] | null {
  try {
    load()
    return null
  } catch (error) {
    if (!(error instanceof ConfigError)) throw error
    return error.problems
  }
}

t.test('defaults are those of the contract', async (t) => {
  const { config, file, unknown } = loadConfig({})
  t.match(config, {
    DATA_DIR: './data', HOST: '0.0.0.0', PORT: 8080, WORKERS: 1, LOG_LEVEL: 'info',
    INGEST_MAX_BODY: 8388608, INGEST_MAX_MESSAGES: 10_000, INGEST_QUEUE_ROWS: 100_000, INGEST_FLUSH_ROWS: 5000, INGEST_FLUSH_MS: 5,
    RETENTION_RAW: '90 days', RETENTION_HOURLY: '365 days', RETENTION_CRASHES: '365 days', COMPRESS_AFTER: '7 days',
    RETENTION_RADIO: 'forever', RETENTION_DAILY: 'forever', NETWORK_STATUS_TIMING: 'unusable', CORS_ORIGINS: [], TRUST_PROXY: [],
  })
  t.equal(config.DATABASE_URL, undefined)
  t.equal(file, null)
  t.same(unknown, [])
})

t.test('the environment wins over the file, an empty value is unset', async (t) => {
  const path = settingsFile(t, 'export PORT=5000\nLOG_LEVEL="debug" # comment\nDB_DSN=postgresql://mesh:pass@db/meshmon\nAPI_TOKEN=\nMESH_SERIAL_PORT=/dev/ttyUSB0\nRETENSION_RAW=1 day\n')
  const { config, file, unknown } = loadConfig({ MESHMON_CONFIG: path, PORT: '9000', HOST: ' ' })
  t.match(config, { PORT: 9000, LOG_LEVEL: 'debug', DATABASE_URL: 'postgresql://mesh:pass@db/meshmon', HOST: '0.0.0.0' })
  t.equal(config.API_TOKEN, undefined)
  t.equal(file, path)
  t.same(unknown, ['RETENSION_RAW'], 'a misspelt name is reported, a worker\'s is not')
})

t.test('sizes and lists are read', async (t) => {
  const { config } = loadConfig({ INGEST_MAX_BODY: '2 MiB', CORS_ORIGINS: 'https://a.example, https://b.example,' })
  t.equal(config.INGEST_MAX_BODY, 2 * 1024 ** 2)
  t.same(config.CORS_ORIGINS, ['https://a.example', 'https://b.example'])
})

t.test('origins, proxies and networks that could never fit are named', async (t) => {
  const good = { CORS_ORIGINS: 'https://a.example:8443,*', TRUST_PROXY: 'loopback,10.0.0.1,10.1.0.0/16,fd00::/8', AREDN_RANGES: '10.0.0.0/8,fd00::/8' }
  t.doesNotThrow(() => loadConfig(good, 'all'))
  const bad = [
    ['CORS_ORIGINS', 'a.example'], ['CORS_ORIGINS', 'https://a.example/'], ['TRUST_PROXY', 'true'], ['TRUST_PROXY', '10.0.0.0/33'],
    ['AREDN_RANGES', '300.0.0.0/8'], ['AREDN_RANGES', '10.0.0.0/40'], ['AREDN_RANGES', '10.0.0.0'], ['AREDN_RANGES', '10.0.0.0/8/9'], ['AREDN_RANGES', 'mesh/8'],
  ] as const
  for (const [name, value] of bad) t.throws(() => loadConfig({ [name]: value }, 'all'), new RegExp(`${name}: must be .*, not "${value}"`))
})

t.test('every bad setting is named at once', async (t) => {
  const bad = { PORT: '80a', WORKERS: '0', LOG_LEVEL: 'loud', RETENTION_RAW: 'a while', DATABASE_URL: 'mysql://x:secret@y', INGEST_MAX_BODY: '8 parsec' }
  try {
    loadConfig(bad)
    t.fail('must throw')
  } catch (error) {
    t.ok(error instanceof ConfigError)
    const { message } = error as Error
    for (const name of Object.keys(bad)) t.match(message, new RegExp(`${name}: must be`))
    t.match(message, 'PORT: must be a whole number, not "80a"')
    t.match(message, 'INGEST_MAX_BODY: must be a size such as 8 MiB, not "8 parsec"')
    t.match(message, 'LOG_LEVEL: must be one of fatal, error, warn, info, debug, trace, silent, not "loud"')
    t.notMatch(message, 'secret', 'passwords are not printed')
  }
})

t.test('what is kept for less than four days is refused, in any unit; compression may come sooner', async (t) => {
  for (const short of ['95 hours', '3 days', '1 day', '0 weeks']) {
    t.throws(() => loadConfig({ RETENTION_RAW: short }), /RETENTION_RAW: must be an age of at least 4 days/, short)
  }
  for (const enough of ['96 hours', '4 days', '1 week', '1 year', 'forever']) t.match(loadConfig({ RETENTION_RAW: enough }).config, { RETENTION_RAW: enough })
  t.match(loadConfig({ COMPRESS_AFTER: '1 day' }).config, { COMPRESS_AFTER: '1 day' })
})

t.test('a named file that is missing stops the start', async (t) => {
  t.throws(() => loadConfig({ MESHMON_CONFIG: '/nowhere/meshmon.conf' }), /no such file/)
})

t.test('what is printed hides secrets', async (t) => {
  const { config } = loadConfig({ DATABASE_URL: 'postgresql://mesh:meshpass@db:5432/meshmon', API_TOKEN: 'tok', MESH_BLE_PIN: '654321', REPEATER_PASSWORD: 'hilltop', REPEATERS: '[{ name: a, password: valley }]' }, 'all')
  const printed = printConfig(config)
  t.match(printed, 'DATABASE_URL=postgresql://mesh:***@db:5432/meshmon')
  t.match(printConfig(loadConfig({ DATABASE_URL: 'postgresql://db/meshmon?user=mesh&password=geheim&x=1' }, 'all').config), 'DATABASE_URL=postgresql://db/meshmon?user=mesh&password=***&x=1')
  t.match(printed, 'API_TOKEN=***')
  t.match(printed, '# INGEST_TOKEN is not set')
  t.match(printed, 'COMPANION_STEP=60')
  t.notMatch(printed, /meshpass|tok\n|654321|hilltop|valley/)
})

t.test('a worker\'s wrong setting does not stop the collector, and the other way round', async (t) => {
  const wrong = { PORT: 'x', COMPANION_STEP: '1', MESH_PORT_SHARING: 'perhaps', MESH_BLE_PIN: 'secret' }
  t.same(problemsOf(() => loadConfig(wrong)), ['PORT: must be a whole number, not "x"'])
  t.same(problemsOf(() => loadConfig(wrong, 'radio')), ['MESH_BLE_PIN: must be a number of up to six digits, not (not shown)', 'MESH_PORT_SHARING: must be 1 or 0, not "perhaps"', 'COMPANION_STEP: must be >= 5, not "1"'])
  t.equal(problemsOf(() => loadConfig(wrong, 'all'))?.length, 4)
})

t.test('a meshcore.conf of meshcore-stats is read as it stands', async (t) => {
  const path = settingsFile(t, `
# MeshCore Stats Configuration
TZ=Europe/Amsterdam
MESH_TRANSPORT=tcp
MESH_TCP_HOST=host.docker.internal
MESH_DEBUG=1   # every frame
REPEATER_NAME=Your Repeater Name
REPEATER_PASSWORD="pass #1"
COMPANION_PUBKEY_PREFIX=!e5f6g7h8
REPORT_LOCATION_NAME=City, Country
REPORT_LAT=0.0
RADIO_FREQUENCY=869.618 MHz
TELEMETRY_ENABLED=yes
STATE_DIR=./data/state
OUT_DIR=./out
HTML_PATH=
this line says nothing
`)
  const { config, unknown } = loadConfig({ MESHMON_CONFIG: path }, 'radio')
  t.same(unknown, [])
  t.match(config, {
    MESH_TRANSPORT: 'tcp', MESH_TCP_HOST: 'host.docker.internal', MESH_TCP_PORT: 5000, MESH_DEBUG: true, REPEATER_NAME: 'Your Repeater Name',
    REPEATER_PASSWORD: 'pass #1', TELEMETRY_ENABLED: true, STATE_DIR: './data/state', COMPANION_STEP: 60, REPEATER_STEP: 900,
    REMOTE_TIMEOUT_S: 10, REMOTE_RETRY_ATTEMPTS: 2, REMOTE_RETRY_BACKOFF_S: 4, REMOTE_CB_FAILS: 6, REMOTE_CB_COOLDOWN_S: 3600,
  })
})
