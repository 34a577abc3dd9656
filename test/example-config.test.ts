import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import t from 'tap'
import { parse } from 'yaml'
import { arednSettings } from '../src/aredn-config-schema.js'
import { loadConfig } from '../src/config.js'
import { settings, unreadSettings } from '../src/config-schema.js'
import { readRepeaters } from '../src/radio/repeaters.js'
import { radioSettings } from '../src/radio-config-schema.js'
import { packageRoot } from '../src/paths.js'

const example = readFileSync(join(packageRoot, 'meshmon.conf.example'), 'utf8')
const uncommented = example.replace(/^# (?=[A-Z_]+=)/gm, '')
const names = [...uncommented.matchAll(/^([A-Z_]+)=/gm)].map((match) => match[1] ?? '')
const read = { ...settings.properties, ...radioSettings.properties, ...arednSettings.properties }

t.same(names.filter((name) => !unreadSettings.test(name)).sort(), Object.keys(read).sort(), 'every setting of the schemas is there once, and no other')

t.test('the values shown are the defaults', async (t) => {
  const folder = t.testdir({ 'all.conf': uncommented, 'none.conf': example })
  const all = loadConfig({ MESHMON_CONFIG: join(folder, 'all.conf') }, 'all')
  t.same(all.unknown, [])
  t.same(all.config, loadConfig({ MESHMON_CONFIG: join(folder, 'none.conf') }, 'all').config)
  const withDefault = Object.entries(read).filter(([, schema]) => 'default' in schema && !Array.isArray(schema.default))
  for (const [name] of withDefault) t.match(uncommented, new RegExp(`^${name}=.+$`, 'm'), `${name} shows its default`)
})

t.test('a changed value is read from a copy of it', async (t) => {
  const folder = t.testdir({ 'meshmon.conf': example.replace('# PORT=8080', 'PORT=5000') })
  t.equal(loadConfig({ MESHMON_CONFIG: join(folder, 'meshmon.conf') }).config.PORT, 5000)
})

t.test('every setting can be given to the Docker Compose installation', async (t) => {
  const { services } = parse(readFileSync(join(packageRoot, 'docker-compose.yml'), 'utf8'), { merge: true }) as { services: Record<string, { environment: Record<string, string | null> }> }
  const programs = {
    api: { names: Object.keys(settings.properties), fixed: ['DATABASE_URL', 'DATA_DIR', 'HOST', 'PORT'] },
    radio: { names: Object.keys(radioSettings.properties), fixed: ['DATA_DIR', 'HOST', 'STATE_DIR', 'COLLECTOR_URL', 'REPEATER_PUBKEY_PREFIX'] },
    aredn: { names: Object.keys(arednSettings.properties), fixed: ['DATA_DIR', 'HOST', 'STATE_DIR', 'COLLECTOR_URL'] },
  }
  for (const [service, { names, fixed }] of Object.entries(programs)) {
    const environment = services[service]?.environment ?? {}
    for (const name of names.filter((name) => !fixed.includes(name))) {
      t.match(String(environment[name]), new RegExp(`^(null|\\$\\{${name}:-\\w+\\})$`), `${service} ${name}`)
    }
  }
})

t.test('the example of repeaters is read', async (t) => {
  t.same(readRepeaters(join(packageRoot, 'repeaters.example.yaml'), { telemetry: false, neighbours: false }), [
    { name: 'Hill', password: 'guest', telemetry: false, neighbours: false },
    {
      name: 'Valley', keyPrefix: 'a1b2c3', password: '', displayName: 'Valley, school roof', hardware: 'RAK4631, 6 dBi',
      battery: { chemistry: 'lifepo4', cells: 4 }, telemetry: true, neighbours: true,
    },
  ])
})
