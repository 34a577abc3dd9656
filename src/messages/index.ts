import { Ajv } from 'ajv'
import { agentHealth } from './agent-health.js'
import { arednSysinfo, bareSysinfo, countLinks, isBareSysinfo } from './aredn-sysinfo.js'
import type { MessageContext } from './context.js'
import { crashReport } from './crash-report.js'
import { type TypeReader, typeReader } from './definition.js'
import { hopResult } from './hop-result.js'
import { networkStatus } from './network-status.js'
import { pathResult } from './path-result.js'
import { phoneTestResult } from './phone-test-result.js'
import { radioMetrics } from './radio-metrics.js'
import { type FieldError, findUnstorable } from './storable.js'
import { parseTime } from './time.js'
import { workerEvent } from './worker-event.js'
import type { NormalisedMessage } from './tables.js'

export type { MessageContext } from './context.js'
export type { FieldError } from './storable.js'

/** What became of a message. `type` is what it calls itself, one of ours unless `detail` says "unknown type" or "unknown schema". */
export type MessageResult =
  | { ok: true, message: NormalisedMessage }
  | { ok: false, type?: string, errors: FieldError[], detail?: string }

/** Checks one message, an outcome of JSON.parse, against the contract and turns it into rows. Never throws, never changes `value`. */
export type MessageReader = (value: unknown, context: MessageContext) => MessageResult

const schemas = new Set<unknown>(['meshmon.v1', 'meshmon.v2'])

function lengthOf (list: unknown): number {
  return Array.isArray(list) ? list.length : 0
}

function countProbes (probes: unknown): number {
  if (!Array.isArray(probes)) return 0
  return probes.reduce((rows: number, probe: { path?: unknown } | null | undefined) => rows + 1 + lengthOf(probe?.path), 0)
}

/** Rows that a message counts for against the limits: one, or one for each result in it. Takes any value, valid or not. */
export function countRows (value: unknown): number {
  if (typeof value !== 'object' || value === null) return 1
  if (isBareSysinfo(value)) return countLinks(value)
  const { type, probes, tests, hops, metrics, sysinfo }: { type?: unknown, probes?: unknown, tests?: unknown, hops?: unknown, metrics?: unknown, sysinfo?: unknown } = value
  const readings = type === 'radio_metrics' && typeof metrics === 'object' && metrics !== null ? Object.keys(metrics).length : 0
  return Math.max(1, countProbes(probes), lengthOf(tests), lengthOf(hops), readings, type === 'aredn_sysinfo' ? countLinks(sysinfo) : 0)
}

/** Text of a sender made fit for an answer, a log line and the quarantine: bounded, no control characters, no lone surrogates. */
function printable (text: string, longest: number): string {
  return text.slice(0, longest).replace(/\p{C}/gu, '\ufffd')
}

function rejected (type: unknown, { path, message }: FieldError, detail?: string): MessageResult {
  return {
    ok: false,
    ...(typeof type === 'string' && { type: printable(type, 64) }),
    errors: [{ path: printable(path, 256), message }],
    ...(detail !== undefined && { detail }),
  }
}

function rejectedKind (field: 'schema' | 'type', given: unknown, type: unknown): MessageResult {
  const path = `/${field}`
  if (given === undefined) return rejected(type, { path, message: 'is required' }, `unknown ${field}: none given`)
  if (typeof given !== 'string') return rejected(type, { path, message: 'must be text' }, `unknown ${field}: not text`)
  return rejected(type, { path, message: 'is not known' }, `unknown ${field}: ${printable(given, 64)}`)
}

/** Knows all message types; each schema is compiled with the first message of its type. */
export function createMessageReader (): MessageReader {
  const ajv = new Ajv({ strict: true, allowUnionTypes: true, formats: { 'date-time': (text: string) => !Number.isNaN(parseTime(text)) } })
  const readers = new Map<unknown, TypeReader>([
    ['path_result', typeReader(ajv, pathResult)],
    ['hop_result', typeReader(ajv, hopResult)],
    ['agent_health', typeReader(ajv, agentHealth)],
    ['crash_report', typeReader(ajv, crashReport)],
    ['network_status', typeReader(ajv, networkStatus)],
    ['phone_test_result', typeReader(ajv, phoneTestResult)],
    ['radio_metrics', typeReader(ajv, radioMetrics)],
    ['worker_event', typeReader(ajv, workerEvent)],
    ['aredn_sysinfo', typeReader(ajv, arednSysinfo)],
  ])
  const readBare = typeReader(ajv, bareSysinfo)
  return (value, context) => {
    if (typeof value !== 'object' || value === null || Array.isArray(value)) return rejected(undefined, { path: '', message: 'must be an object' })
    if (isBareSysinfo(value)) return readAs('aredn_sysinfo', readBare, value, context)
    const { schema, type }: { schema?: unknown, type?: unknown } = value
    if (!schemas.has(schema)) return rejectedKind('schema', schema, type)
    const read = readers.get(type)
    if (!read) return rejectedKind('type', type, type)
    return isRelayed(value) ? relayed(readAs(type, read, withoutMark(value), context)) : readAs(type, read, value, context)
  }
}

/** A worker read it on the node's own pages, and says so by `relayed: true`: the address it comes from is not the node's. */
function isRelayed (value: object): boolean {
  return 'relayed' in value && value.relayed === true
}

function withoutMark (value: object): object {
  return Object.fromEntries(Object.entries(value).filter(([key]) => key !== 'relayed'))
}

function relayed (result: MessageResult): MessageResult {
  if (!result.ok) return result
  return { ok: true, message: { ...result.message, sightings: result.message.sightings.map((sighting) => ({ ...sighting, sendsItself: false })) } }
}

function readAs (type: unknown, read: TypeReader, value: object, context: MessageContext): MessageResult {
  const unstorable = findUnstorable(value)
  if (unstorable) return rejected(type, unstorable)
  const outcome = read(value, context)
  return 'error' in outcome ? rejected(type, outcome.error) : { ok: true, message: outcome }
}
