import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import t from 'tap'
import { loadConfig } from '../src/config.js'
import { settings, workerSettings } from '../src/config-schema.js'
import { packageRoot } from '../src/paths.js'

const example = readFileSync(join(packageRoot, 'meshmon.conf.example'), 'utf8')
const uncommented = example.replace(/^# (?=[A-Z_]+=)/gm, '')
const names = [...uncommented.matchAll(/^([A-Z_]+)=/gm)].map((match) => match[1] ?? '')
const collectorNames = names.filter((name) => !workerSettings.test(name))

t.same([...collectorNames].sort(), Object.keys(settings.properties).sort(), 'every setting of the schema is there once, and no other')

t.test('the values shown are the defaults', async (t) => {
  const folder = t.testdir({ 'all.conf': uncommented, 'none.conf': example })
  const all = loadConfig({ MESHMON_CONFIG: join(folder, 'all.conf') })
  t.same(all.unknown, [])
  t.same(all.config, loadConfig({ MESHMON_CONFIG: join(folder, 'none.conf') }).config)
  const withDefault = Object.entries(settings.properties).filter(([, schema]) => 'default' in schema && !Array.isArray(schema.default))
  for (const [name] of withDefault) t.match(uncommented, new RegExp(`^${name}=.+$`, 'm'), `${name} shows its default`)
})

t.test('a changed value is read from a copy of it', async (t) => {
  const folder = t.testdir({ 'meshmon.conf': example.replace('# PORT=8080', 'PORT=5000') })
  t.equal(loadConfig({ MESHMON_CONFIG: join(folder, 'meshmon.conf') }).config.PORT, 5000)
})

t.test('every setting can be given to the Docker Compose installation', async (t) => {
  const compose = readFileSync(join(packageRoot, 'docker-compose.yml'), 'utf8')
  const fixedThere = ['DATABASE_URL', 'DATA_DIR', 'HOST', 'PORT']
  for (const name of collectorNames.filter((name) => !fixedThere.includes(name))) {
    t.match(compose, new RegExp(`^ +${name}:( \\$\\{${name}:-\\w+\\})?$`, 'm'), name)
  }
})
