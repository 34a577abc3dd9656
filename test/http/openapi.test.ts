import { execFile } from 'node:child_process'
import { once } from 'node:events'
import { readFile } from 'node:fs/promises'
import type { Readable } from 'node:stream'
import { text as readText } from 'node:stream/consumers'
import { promisify } from 'node:util'
import { Ajv2020 } from 'ajv/dist/2020.js'
import formats from 'ajv-formats'
import fc from 'fast-check'
import t from 'tap'
import type { RulesInForce } from '../../src/http/schemas/rules.js'
import { packageRoot } from '../../src/paths.js'
import { ago, incident, insert, startTestApi } from '../support/api.js'
import { documentFile, makeDocument } from '../support/openapi.js'

interface Schema { type?: string, enum?: string[], pattern?: string, format?: string, minimum?: number, maximum?: number, minLength?: number, maxLength?: number, items?: Schema, maxItems?: number, properties?: Record<string, Schema>, required?: string[] }
interface Parameter { name: string, in: 'query' | 'path' | 'header', required?: boolean, schema: Schema, description?: string }
interface Answer { description: string, content?: Record<string, { schema: object }> }
interface Operation { tags?: string[], summary?: string, parameters?: Parameter[], requestBody?: { content: Record<string, { schema: Schema }> }, responses: Record<string, Answer> }

const { document, text, routes: routesText } = await makeDocument()
const paths = document.paths as unknown as Record<string, Record<string, Operation>>
const operations = Object.entries(paths).flatMap(([path, methods]) => Object.entries(methods).map(([method, operation]) => ({ path, method, operation, name: `${method} ${path}` })))

const ajv = new Ajv2020({ strict: false, allErrors: true })
formats.default(ajv)
ajv.addSchema(document, 'document')
const pointer = (...steps: string[]) => steps.map((step) => `/${encodeURIComponent(step.replaceAll('~', '~0').replaceAll('/', '~1'))}`).join('')

t.test('the committed document is the one the routes make', async (t) => {
  t.equal(await readFile(documentFile, 'utf8'), text, 'run "npm run openapi" and commit the result')
})

t.test('the document names no other host, also not by a licence that the page would link', async (t) => {
  t.match(document.info.license, { name: 'MIT' })
  t.notOk('identifier' in (document.info.license ?? {}))
  t.notMatch(text, /https?:/)
})

t.test('every operation says what it is and what it answers', async (t) => {
  t.ok(operations.length >= 37)
  for (const { name, operation } of operations) {
    t.ok(operation.tags?.length, `${name} has a tag`)
    t.ok(operation.summary, `${name} has a summary`)
    for (const status of ['400', '500', '503']) t.ok(operation.responses[status], `${name} documents ${status}`)
    for (const parameter of operation.parameters ?? []) t.ok(parameter.description ?? parameter.in === 'path', `${name} describes ${parameter.name}`)
  }
})

/** Addresses of meshcore-stats, which lead to pages. */
const bookmarks = /^get \/((companion\/)?\w+\.html|assets\/\w+\/:file|reports\/?(index\.html)?|reports\/(mesh|repeater|companion|radios\/:node)\/:year(\/:month)?(\/[\w.]*)?)$/

t.test('no route lies outside the document but the document itself, its page, the dashboard and bookmarks', async (t) => {
  // One line per route, indented by its depth: `├── issues (GET, HEAD)`.
  const open: string[] = []
  const routes = routesText.split('\n').flatMap((line) => {
    const [, indent = '', part = '', methods] = /^([│├└─\s]*)(\S*)(?: \((.*)\))?$/u.exec(line) ?? []
    open.splice(indent.length / 4 - 1, Infinity, part)
    return methods === undefined ? [] : methods.split(', ').map((method) => `${method.toLowerCase()} ${open.join('')}`)
  })
  t.ok(routes.includes('get /issues/by-object'), 'the listing is understood')
  const documented = new Set(operations.map(({ name }) => name.replace(/\{(\w+)\}/g, ':$1')))
  const other = routes.filter((route) => !documented.has(route) && !/^(head|options) |^get \/(docs|openapi\.json)|^(get|post) \/(ui\/.*|\*|panel|panel\.js)?$/.test(route))
  t.same(other.filter((route) => !bookmarks.test(route)), [])
})

const names = fc.constantFrom('Node-A', 'node-b', 'C', 'nobody', "x'; drop table nodes; --", 'ä/ö', '-x--', '%', 'a@b,c>d')
const times = fc.date({ min: new Date('1960-01-01'), max: new Date('2040-01-01'), noInvalidDate: true }).map((date) => date.toISOString())
const anything = fc.oneof(fc.string({ unit: 'grapheme' }), fc.constantFrom('', '-1', '1e400', 'NaN', 'null', '\u0000', '[]', '2026-02-30T00:00:00Z', '0000-01-01T00:00:00Z'))

/** Values that the schema lets through. */
function valid ({ name, schema }: Pick<Parameter, 'name' | 'schema'>): fc.Arbitrary<string | string[]> {
  if (schema.enum) return fc.constantFrom(...schema.enum)
  if (schema.format === 'date-time') return times
  if (schema.type === 'integer') return fc.integer({ min: schema.minimum, max: schema.maximum }).map(String)
  if (schema.type === 'boolean') return fc.constantFrom('true', 'false')
  if (schema.type === 'array') return fc.array(valid({ name, schema: schema.items! }) as fc.Arbitrary<string>, { minLength: 1, maxLength: 3 })
  if (name === 'link') return fc.constantFrom('node-a--node-b', 'C--x@tunnel', 'a', '%zz--b')
  if (name === 'route' || name === 'highlight') return fc.constantFrom('node-a,node-b', 'node-a,nobody', 'x')
  if (name === 'address') return fc.constantFrom('10.0.0.1', 'fe80::1')
  if (name === 'timeframe') return fc.constantFrom('7d', '1h', '9999d')
  if (name === 'tz') return fc.constantFrom('Europe/Zurich', 'Asia/Kathmandu', 'Mars/Phobos')
  if (name === 'year') return fc.constantFrom('2026', '2025', '2099')
  if (name === 'kind') return fc.constantFrom('jitter_burst', 'x')
  return fc.oneof(names, fc.constantFrom('i1', 'bat', 'rtt_ms', 'snr_db', 'rf', 'tunnel'))
}

const dropped = Symbol('not given')
type Values = Record<string, string | string[] | typeof dropped>

function request (path: string, parameters: Parameter[]): fc.Arbitrary<string> {
  const of = (where: Parameter['in']) => fc.record(Object.fromEntries(parameters.filter((parameter) => parameter.in === where).map((parameter) => {
    const value = fc.oneof({ weight: 8, arbitrary: valid(parameter) }, { weight: 1, arbitrary: anything })
    return [parameter.name, where === 'path' ? value : fc.oneof({ weight: 2, arbitrary: fc.constant(dropped) }, { weight: 1, arbitrary: value })]
  }))) as fc.Arbitrary<Values>
  const unknown = fc.oneof({ weight: 9, arbitrary: fc.constant('') }, { weight: 1, arbitrary: fc.constant('unknown=1') })
  return fc.tuple(of('path'), of('query'), unknown).map(([place, query, more]) => {
    const url = path.replace(/\{(\w+)\}/g, (_, name: string) => encodeURIComponent(String(place[name])) || '%20')
    const pairs = Object.entries(query).flatMap(([name, value]) => value === dropped ? [] : [value].flat().map((one) => `${name}=${encodeURIComponent(String(one))}`))
    return `${url}?${[...pairs, more].filter((pair) => pair !== '').join('&')}`
  })
}

const people = fc.record({ by: fc.oneof(names, anything), note: fc.string({ unit: 'grapheme' }) }, { requiredKeys: ['by'] })
const who = { example: { by: 'HB9XYZ' }, likely: people }
/** What is posted: one that is taken, and some that may be. */
const bodies: Record<string, { example: object, likely: fc.Arbitrary<object> }> = {
  '/registry': { example: { id: 'new' }, likely: fc.record({ id: names, host: fc.constant('10.0.0.9') }, { requiredKeys: ['id'] }) },
  '/issues/{id}/ack': who,
  '/issues/{id}/close': who,
  '/maintenance': {
    example: { pattern: 'node-*', until: ago(-60) },
    likely: fc.record({ subject: names, pattern: fc.oneof(names, anything), from: times, until: times, reason: anything, by: names }, { requiredKeys: ['until'] }),
  },
  '/replay': { example: { from: ago(60), to: ago(0) }, likely: fc.record({ from: times, to: times, step: fc.integer(), rules: fc.object() }, { requiredKeys: ['from', 'to'] }) },
}

async function readChunk (stream: Readable): Promise<string> {
  const [chunk] = await once(stream, 'data')
  stream.destroy()
  return String(chunk)
}

/** A request that finds something, whatever is generated. */
function found (path: string): string {
  const kind = path.split('/')[1] === 'charts' ? path.split('/')[2]! : path.split('/')[1]!
  const metric = { radios: 'bat', paths: 'rtt_ms', links: 'etx', nodes: 'cpu_pct' }[kind] ?? ''
  const places: Record<string, string> = { metric, window: 'day.svg', src: 'Node-A', dst: 'node-b', a: 'node-b', b: 'Node-A', node: 'C', year: '2026', month: '06', id: { issues: 'i1', registry: 'pinned', maintenance: '1', notifications: '1' }[kind] ?? 'Node-A' }
  const query: Record<string, string> = { '/issues/by-object': '?node=Node-A' }
  return path.replace(/\{(\w+)\}/g, (_, name: string) => places[name]!) + (query[path] ?? '')
}

const rulesInForce: RulesInForce = { engine: {}, rules: [{ name: 'node_silent', category: 'node', scope: 'node', enabled: true, settings: { enabled: { value: true, default: true, description: 'd' } } }] }

t.test('every answer to generated requests is as documented', async (t) => {
  const { app, pool } = await startTestApi(t, { engine: { rules: () => rulesInForce } })
  await insert(pool, 'nodes', [
    { name: 'Node-A', kind: 'router', first_seen: ago(9), last_seen: ago(9), lat: 1, lon: 2, info: { a: 1 } }, { name: 'node-b', kind: 'router', first_seen: ago(9), last_seen: ago(9), lat: 1, lon: 2 },
    { name: 'pinned', kind: 'router', first_seen: ago(9), last_seen: ago(9), pinned: true },
    { name: 'C', kind: 'repeater', first_seen: ago(9), last_seen: ago(9), battery: { chemistry: 'lifepo4', cells: 4 } },
  ])
  await insert(pool, 'path_probe', [{ time: ago(60), src: 'Node-A', dst: 'node-b', peer: 'b', route: ['Node-A', 'node-b'], rtt_ms: 5 }])
  await insert(pool, 'hop_quality', [{ time: ago(60), src: 'Node-A', dst: 'node-b', hop_index: 0, from_node: 'Node-A', to_node: 'node-b', lq: 0.5, nlq: 0.5, etx: 4 }])
  await insert(pool, 'agent_health', [{ time: ago(60), node: 'Node-A', cpu_pct: 5, details: { a: 1 } }])
  await insert(pool, 'crash_reports', [{ time: ago(60), node: 'Node-A', signal: 11, backtrace: ['a'] }])
  await insert(pool, 'phone_test', [{ time: ago(60), node: 'Node-A', phone_number: '1', ping_status: 'ONLINE' }])
  await insert(pool, 'radio_metrics', ['bat', 'uptime', 'nb_recv'].map((metric) => ({ time: ago(60), node: 'C', metric, value: 13_000 })))
  await insert(pool, 'worker_event', [{ time: ago(60), node: 'C', event: 'poll_ok', details: {} }])
  await insert(pool, 'incidents', [incident('i1', 60), incident('i2', 60, { caused_by: 'i1', scope: { type: 'node', node: 'Node-A' }, subject: 'Node-A' })])
  await insert(pool, 'incident_journal', [{ incident_id: 'i1', rule: 'r', subject: 's', at: ago(9), from_state: 'clear', to_state: 'open' }])
  await insert(pool, 'maintenance', [{ pattern: '*', starts_at: ago(60), ends_at: ago(-60), reason: 'r' }])
  await insert(pool, 'notifications', [{ key: 'k', target: 't', event: 'opened', payload: { title: 'a' }, created_at: ago(9), due_at: ago(9), expires_at: ago(-9), failed_at: ago(9), error: 'e' }])
  await insert(pool, 'rule_evaluation', [{ rule: 'node_silent', slot: ago(9), ms: 1, rows: 2, matches: 3 }])
  await insert(pool, 'rejected_messages', [{ address: '10.0.0.1', reason: 'r', body: Buffer.from([255]) }])

  // Each from an address of its own: changes are limited per address.
  let requests = 0
  for (const { path, method, name, operation } of operations) {
    const seen = new Set<number>()
    const { example, likely } = operation.requestBody ? bodies[path]! : { example: undefined, likely: undefined }
    const payloads = likely ? fc.oneof(likely, fc.object(), fc.constant({})) : fc.constant(undefined)
    await fc.assert(fc.asyncProperty(request(path, operation.parameters ?? []), payloads, async (url, payload) => {
      const sent = await app.inject({ method: method.toUpperCase() as 'GET', url, remoteAddress: `10.0.${++requests >> 8}.${requests & 255}`, payloadAsStream: true, ...(payload && { payload }) })
      const { statusCode, headers } = sent
      // A stream of events goes on until its client leaves.
      const body = headers['content-type'] === 'text/event-stream' ? await readChunk(sent.stream()) : await readText(sent.stream())
      seen.add(statusCode)
      const answer = operation.responses[statusCode]
      if (answer === undefined || statusCode >= 500) throw new Error(`${url} gave ${statusCode}, ${body}`)
      if (answer.content === undefined) return body === ''
      const type = String(headers['content-type']).split(';')[0]!
      if (!Object.hasOwn(answer.content, type)) throw new Error(`${url} gave ${statusCode} as ${type}`)
      if (!type.endsWith('json')) return body.length >= 0
      const check = ajv.getSchema(`document#${pointer('paths', path, method, 'responses', String(statusCode), 'content', type, 'schema')}`)
      if (check === undefined) throw new Error(`no schema for ${statusCode} ${type}`)
      if (!check(JSON.parse(body))) throw new Error(`${url} gave ${body.slice(0, 500)}: ${ajv.errorsText(check.errors)}`)
      return true
    }), { numRuns: 40, examples: [[found(path), example]] })
    t.ok([200, 201, 204].some((status) => seen.has(status)), `${name} answered ${[...seen].join(', ')}`)
  }
})

t.test('the page of the document loads nothing from elsewhere', async (t) => {
  const { app } = await startTestApi(t)
  for (const url of ['/docs', '/docs/static/swagger-ui.css', '/docs/static/index.css', '/docs/static/swagger-initializer.js', '/docs/static/swagger-ui-bundle.js', '/docs/static/swagger-ui-standalone-preset.js', '/docs/static/logo.svg']) {
    const { statusCode, payload, headers } = await app.inject(url)
    t.equal(statusCode, 200, url)
    t.notMatch(payload, /(?:src|href)=["'](?:https?:)?\/\/(?!www\.w3\.org)/i, `${url} loads no page`)
    t.notMatch(payload, /url\(["']?(?:https?:)?\/\//i, `${url} loads no style`)
    const policy = String(headers['content-security-policy'])
    t.match(policy, "default-src 'self'", `${url} has a policy`)
    t.notMatch(policy, /https?:|\*|upgrade-insecure|\w\.\w/, `${url} allows no other host, and no https where there is none`)
  }
  t.match((await app.inject('/docs/static/swagger-initializer.js')).payload, '"validatorUrl":null')
})

t.test('a start loads nothing of what makes the document, the first question does', async (t) => {
  const script = `
    import { createRequire } from 'node:module'
    import pg from 'pg'
    const { cache } = createRequire(import.meta.url)
    const isLoaded = () => Object.keys(cache).some((file) => file.includes('swagger'))
    const { buildTestApp } = await import(${JSON.stringify(new URL('../support/api.js', import.meta.url).href)})
    const app = await buildTestApp(new pg.Pool())
    await app.ready()
    const before = isLoaded()
    const { statusCode } = await app.inject('/openapi.json')
    console.log(JSON.stringify({ before, statusCode, after: isLoaded() }))
    process.exit()`
  const { NODE_OPTIONS: _options, ...env } = process.env
  const { stdout } = await promisify(execFile)(process.execPath, ['--input-type=module', '--eval', script], { env, cwd: packageRoot })
  t.match(JSON.parse(stdout), { before: false, statusCode: 200, after: true })
})
