import { readFileSync } from 'node:fs'
import { Ajv } from 'ajv'
import { Type, type Static } from 'typebox'
import { parse } from 'yaml'

/** The shape of test/rules/*.yaml; its README.md says what each key means. */

const strict = { additionalProperties: false }
const span = Type.Unsafe<string | number>({ type: ['string', 'number'] })
const series = Type.Unsafe<string | number>({ type: ['string', 'number'] })
const seriesMap = Type.Record(Type.String(), series)
const anything = Type.Unsafe<Record<string, unknown>>({ type: 'object' })

const sending = {
  start: Type.Optional(span),
  step: Type.Optional(span),
  for: Type.Optional(span),
  delay: Type.Optional(span),
  clock: Type.Optional(span),
  held: Type.Optional(Type.Array(span, { minItems: 2, maxItems: 2 })),
  fields: Type.Optional(anything),
}

const hop = Type.Object({
  link: Type.String(),
  type: Type.Optional(Type.String()),
  lq: Type.Optional(series), nlq: Type.Optional(series), etx: Type.Optional(series), signal: Type.Optional(series), noise: Type.Optional(series),
}, strict)

const path = Type.Object({
  ...sending,
  path: Type.String(),
  rtt: Type.Optional(series), jitter: Type.Optional(series), loss: Type.Optional(series),
  route: Type.Optional(Type.Unsafe<string | number | string[]>({ type: ['string', 'number', 'array'] })),
  routes: Type.Optional(Type.Record(Type.String(), Type.Array(Type.String()))),
  as: Type.Optional(Type.Literal('network_status')),
  hops: Type.Optional(Type.Array(hop)),
}, strict)

const link = Type.Object({ ...sending, ...hop.properties, of: Type.Optional(Type.String()) }, strict)

const health = Type.Object({
  ...sending,
  health: Type.String(),
  cpu_pct: Type.Optional(series), mem_mb: Type.Optional(series), restart_count: Type.Optional(series),
  uptime_seconds: Type.Optional(series), health_score: Type.Optional(series), reporting_reason: Type.Optional(series),
}, strict)

const sysinfoLink = Type.Object({
  to: Type.String(),
  type: Type.Optional(Type.String()),
  lq: Type.Optional(series), rev_lq: Type.Optional(series), rxcost: Type.Optional(series), txcost: Type.Optional(series), signal: Type.Optional(series), snr: Type.Optional(series),
  routable: Type.Optional(series),
}, strict)

const sysinfo = Type.Object({ ...sending, sysinfo: Type.String(), load1: Type.Optional(series), links: Type.Optional(Type.Array(sysinfoLink)) }, strict)

const radio = Type.Object({ ...sending, radio: Type.String(), role: Type.Optional(Type.String()), metrics: seriesMap, info: Type.Optional(anything) }, strict)

const crash = Type.Object({ ...sending, crash: Type.String(), times: Type.Array(span) }, strict)

const worker = Type.Object({ ...sending, worker: Type.String(), events: Type.Record(Type.String(), Type.Unsafe<string | Record<string, unknown>>({ type: ['string', 'object'] })) }, strict)

const message = Type.Object({ ...sending, message: anything, times: Type.Array(span) }, strict)

const senders = { path, link, health, sysinfo, radio, crash, worker, message }

const expected = Type.Object({
  is: Type.String(),
  started: Type.Optional(span),
  ended: Type.Optional(span),
  cause: Type.Optional(Type.String()),
  next: Type.Optional(Type.String()),
  evidence: Type.Optional(anything),
  caused_by: Type.Optional(Type.Union([Type.String(), Type.Null()])),
}, strict)

const scenario = Type.Object({
  rules: Type.Optional(Type.Array(Type.String(), { minItems: 1 })),
  settings: Type.Optional(Type.Record(Type.String(), anything)),
  network_status: Type.Optional(Type.Unsafe<'trusted' | 'unusable'>({ type: 'string', enum: ['trusted', 'unusable'] })),
  engine: Type.Optional(Type.Unsafe<string | number | Record<string, string | number>>({ type: ['string', 'number', 'object'] })),
  restarts: Type.Optional(Type.Array(span)),
  down: Type.Optional(Type.Array(Type.Array(span, { minItems: 2, maxItems: 2 }))),
  send: Type.Array(Type.Unsafe<Sender>({ type: 'object' })),
  expect: Type.Record(Type.String(), Type.Unsafe<Record<string, string | Expected>>({ type: 'object' })),
  journal: Type.Optional(Type.Record(Type.String(), Type.String())),
}, strict)

const file = Type.Object({ rules: Type.Array(Type.String(), { minItems: 1 }), scenarios: Type.Record(Type.String(), scenario) }, strict)

export type Sending = Pick<Static<typeof path>, keyof typeof sending>
export type HopSender = Static<typeof hop>
export type PathSender = Static<typeof path>
export type LinkSender = Static<typeof link>
export type HealthSender = Static<typeof health>
export type SysinfoSender = Static<typeof sysinfo>
export type SysinfoLink = Static<typeof sysinfoLink>
export type RadioSender = Static<typeof radio>
export type CrashSender = Static<typeof crash>
export type WorkerSender = Static<typeof worker>
export type MessageSender = Static<typeof message>
export type Sender = PathSender | LinkSender | HealthSender | SysinfoSender | RadioSender | CrashSender | WorkerSender | MessageSender
export type Expected = Static<typeof expected>
export type Scenario = Static<typeof scenario> & { name: string, rules: string[] }

const ajv = new Ajv({ allowUnionTypes: true, strictTuples: false })
const checkFile = ajv.compile<Static<typeof file>>(file)
const checkExpected = ajv.compile(expected)
const checkSender = new Map(Object.entries(senders).map(([kind, schema]) => [kind, ajv.compile(schema)]))

/** Reads a scenario file; throws with the place of the first key that is wrong. */
export function readScenarios (path: string): Scenario[] {
  // `0x41` is a series, no number of base 16.
  const content: unknown = parse(readFileSync(path, 'utf8'), { customTags: (tags) => tags.filter((tag) => typeof tag === 'string' || !('format' in tag) || tag.format !== 'HEX') })
  if (!checkFile(content)) throw new Error(`${path}: ${ajv.errorsText(checkFile.errors)}`)
  return Object.entries(content.scenarios).map(([name, scenario]) => {
    for (const sender of scenario.send) assertSender(sender, `${path}: ${name}`)
    for (const [at, subjects] of Object.entries(scenario.expect)) {
      for (const one of Object.values(subjects)) {
        if (typeof one !== 'string' && !checkExpected(one)) throw new Error(`${path}: ${name}: expect ${at}: ${ajv.errorsText(checkExpected.errors)}`)
      }
    }
    return { ...scenario, name, rules: scenario.rules ?? content.rules }
  })
}

function assertSender (sender: object, place: string): void {
  const kind = Object.keys(senders).find((kind) => kind in sender) ?? ''
  const check = checkSender.get(kind)
  if (check === undefined) throw new Error(`${place}: a sender needs one of ${Object.keys(senders).join(', ')}`)
  if (!check(sender)) throw new Error(`${place}: ${kind}: ${ajv.errorsText(check.errors)}`)
}
