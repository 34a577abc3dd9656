import { execFileSync } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import t from 'tap'
import { parse } from 'yaml'
import { systemClock } from '../../src/clock.js'
import { packageRoot } from '../../src/paths.js'
import { planWorld } from '../../src/simulate/radio/plan.js'
import { serveWorld } from '../../src/simulate/radio/serve.js'
import { World } from '../../src/simulate/radio/world.js'
import { makeWorld, startArednMesh } from '../support/aredn-mesh.js'
import { startTestCollector } from '../support/collector.js'
import { temporaryFolder, until } from '../support/embedded.js'
import { runMeshmon } from '../support/process.js'

const folder = join(packageRoot, 'docs/monitoring')
const read = (name: string): string => readFileSync(join(folder, name), 'utf8')

interface Rule { alert: string, expr: string, for: string, labels: { severity: string }, annotations: Record<string, string> }
interface Panel { id: number, type: string, title: string, targets?: { expr: string, legendFormat: string }[], gridPos: { x: number, y: number, w: number, h: number } }

const groups = (parse(read('alerts.yml')) as { groups: { rules: Rule[] }[] }).groups
const rules = groups.flatMap(({ rules }) => rules)
const dashboard = JSON.parse(read('grafana-dashboard.json')) as { panels: Panel[], templating: { list: { definition?: string }[] } }

/** Labels of each metric, as a scrape shows them, with those that Prometheus adds. */
type Scraped = Map<string, Set<string>>

function addScrape (scraped: Scraped, text: string): void {
  for (const line of text.split('\n')) {
    const [, name = '', labels = ''] = /^(?:# TYPE )?([a-zA-Z_:]\w*)(?:\{([^}]*)\})?/.exec(line) ?? []
    if (name === '' || (line.startsWith('#') && !line.startsWith('# TYPE'))) continue
    const known = scraped.get(name) ?? new Set(['job', 'instance'])
    for (const [, label = ''] of labels.matchAll(/(\w+)="/g)) known.add(label)
    scraped.set(name, known)
  }
}

const functions = /^(sum|max|min|rate|increase|time|topk|histogram_quantile|vector|by|on|unless|or|and|label_values|le|instance)$/

/** What is wrong with the names and labels of an expression. */
function problemsOf (expr: string, scraped: Scraped): string[] {
  const problems: string[] = []
  const names: string[] = []
  for (const [, name = '', labels = ''] of expr.replace(/\[\w+\]/g, '').matchAll(/(?<!["\w$])((?:meshmon|http|process|nodejs|up)(?:_\w+)?)(?:\{([^}]*)\})?/g)) {
    if (name === 'up') continue
    names.push(name)
    const known = scraped.get(name)
    if (known === undefined) problems.push(`no metric ${name}`)
    for (const [, label = ''] of labels.matchAll(/(\w+)\s*(?:=~|!~|!=|=)/g)) if (known?.has(label) === false) problems.push(`${name} has no label ${label}`)
  }
  for (const [, labels = ''] of expr.matchAll(/\bby \(([^)]*)\)/g)) {
    for (const label of labels.split(', ')) if (!names.some((name) => scraped.get(name)?.has(label))) problems.push(`nothing has the label ${label}`)
  }
  const words = expr.replace(/"[^"]*"/g, '').replace(/\{[^}]*\}/g, '').replace(/\[\w+\]/g, '').replace(/by \([^)]*\)/g, '')
  for (const [word] of words.matchAll(/\b[a-z]\w*/g)) if (!functions.test(word) && word !== 'up' && !names.includes(word)) problems.push(`unknown word ${word}`)
  return problems
}

async function scrapeAll (): Promise<Scraped> {
  const scraped: Scraped = new Map()
  const collector = await startTestCollector(t)
  const state = temporaryFolder(t)
  const common = { MESHMON_CONFIG: '/dev/null', HOST: '127.0.0.1', METRICS_PORT: '0', COLLECTOR_URL: collector.url }
  const world = await serveWorld(new World(systemClock, planWorld({ repeaters: 2 })), { host: '127.0.0.1', port: 0 })
  t.teardown(() => world.close())
  const mesh = await startArednMesh(t, makeWorld({ nodes: 3 }))
  const radio = runMeshmon(t, ['radio'], { ...common, DATA_DIR: join(state, 'radio'), MESH_TRANSPORT: 'tcp', MESH_TCP_HOST: '127.0.0.1', MESH_TCP_PORT: String(world.port), REPEATERS: '[{ name: Hill, password: hill-pass }]' })
  const aredn = runMeshmon(t, ['aredn'], { ...common, DATA_DIR: join(state, 'aredn'), AREDN_RANGES: '127.0.0.0/8', AREDN_SEEDS: mesh.address, AREDN_PORT: String(mesh.port) })
  const workers = [await radio.printed(/figures at (http:\S+\/metrics)/), await aredn.printed(/figures at (http:\S+\/metrics)/)].map(([, url = '']) => url)
  await fetch(`${collector.url}/ingest`, { method: 'POST', body: 'not JSON' })
  await fetch(`${collector.url}/ingest`, { method: 'POST', body: '{ "loss": NaN, "type": "path_result" }' })
  await collector.pool.query(`insert into incidents (id, kind, subject, scope, severity, impact, category, state, started_at, opened_at)
    values ('i1', 'loss_spike', 'a>b', '{"type": "path"}', 'major', '{}', 'network', 'open', now(), now())`)
  const wanted = [/meshmon_open_issues\{/, /meshmon_nodes\{/, /meshmon_engine_evaluations_total\{/, /meshmon_radio_last_success_timestamp_seconds\{/, /meshmon_aredn_last_answer_timestamp_seconds \d/, /meshmon_aredn_readings_total\{/, /meshmon_ingest_repairs_total\{/]
  await until(async () => {
    const texts = await Promise.all([`${collector.url}/metrics`, ...workers].map(async (url) => await (await fetch(url)).text()))
    for (const text of texts) addScrape(scraped, text)
    return wanted.every((pattern) => pattern.test(texts.join('\n')))
  }, 'all metrics', 120_000)
  return scraped
}

const scraped = await scrapeAll()

t.test('every alert goes by metrics and labels that there are, and says what to do', async (t) => {
  t.ok(rules.length >= 20)
  t.equal(new Set(rules.map(({ alert }) => alert)).size, rules.length)
  for (const { alert, expr, labels, annotations, for: wait } of rules) {
    t.same(problemsOf(expr, scraped), [], alert)
    t.match(labels.severity, /^(warning|critical)$/)
    t.match(wait, /^\d+[mh]$/)
    t.ok(annotations['summary'] && annotations['remedy'], `${alert}: summary and remedy`)
    for (const [, label = ''] of `${annotations['summary']} ${annotations['remedy']}`.matchAll(/\$labels\.(\w+)/g)) {
      t.ok([...scraped].some(([name, known]) => expr.includes(name) && known.has(label)) || expr.includes('up{'), `${alert}: label ${label}`)
    }
  }
})

t.test('every panel goes by metrics and labels that there are', async (t) => {
  const panels = dashboard.panels.filter(({ type }) => type !== 'row')
  t.ok(panels.length >= 20)
  for (const { title, targets = [] } of panels) {
    t.ok(targets.length > 0, title)
    for (const { expr, legendFormat } of targets) {
      const plain = expr.replaceAll('$instance', 'x')
      t.same(problemsOf(plain, scraped), [], `${title}: ${expr}`)
      for (const [, label = ''] of legendFormat.matchAll(/\{\{(\w+)\}\}/g)) {
        const grouped = [...plain.matchAll(/by \(([^)]*)\)/g)].map(([, labels = '']) => labels.split(', '))
        t.ok(grouped.length > 0 ? grouped[0]?.includes(label) : [...scraped].some(([name, known]) => plain.includes(name) && known.has(label)), `${title}: label ${label}`)
      }
    }
  }
  for (const { definition } of dashboard.templating.list) if (definition !== undefined) t.same(problemsOf(definition.replace(', instance)', ')'), scraped), [])
  t.equal(new Set(dashboard.panels.map(({ id }) => id)).size, dashboard.panels.length)
  const overlap = dashboard.panels.find((one) => dashboard.panels.some((other) => one !== other && one.gridPos.x < other.gridPos.x + other.gridPos.w && other.gridPos.x < one.gridPos.x + one.gridPos.w &&
    one.gridPos.y < other.gridPos.y + other.gridPos.h && other.gridPos.y < one.gridPos.y + one.gridPos.h))
  t.equal(overlap, undefined)
})

t.test('a name, a label or a function that is none is found', async (t) => {
  t.same(problemsOf('rate(meshmon_ingest_messages_totals[5m])', scraped), ['no metric meshmon_ingest_messages_totals'])
  t.same(problemsOf('meshmon_open_issues{kinds="x"}', scraped), ['meshmon_open_issues has no label kinds'])
  t.same(problemsOf('sum by (rules) (meshmon_engine_evaluations_total)', scraped), ['nothing has the label rules'])
  t.same(problemsOf('summe(meshmon_nodes)', scraped), ['unknown word summe'])
})

t.test('scrape.yml names the jobs that alerts and panels go by, and nothing beyond this mesh', async (t) => {
  const { scrape_configs: jobs } = parse(read('scrape.yml')) as { scrape_configs: { job_name: string }[] }
  t.same(jobs.map(({ job_name: name }) => name), ['meshmon', 'meshmon-radio', 'meshmon-aredn'])
  for (const file of ['alerts.yml', 'scrape.yml', 'grafana-dashboard.json']) t.notMatch(read(file), /https?:\/\/(?!COLLECTOR|localhost)/, file)
})

function hasPromtool (): boolean {
  try {
    execFileSync('promtool', ['--version'], { stdio: 'ignore' })
    return true
  } catch {
    return false
  }
}

t.test('promtool takes the alerts (where Debian\'s prometheus is installed)', { skip: hasPromtool() ? false : 'promtool is not installed' }, async (t) => {
  t.match(execFileSync('promtool', ['check', 'rules', join(folder, 'alerts.yml')], { encoding: 'utf8' }), `SUCCESS: ${rules.length} rules found`)
})
