/** A page of the AREDN-Phonebook package, and the messages (messages.md) that it becomes. agents.md, section 5, lists what is known of them. */
interface Page { path: string, become (page: object, told: Told): object[] }

interface Told { node: string, nowMs: number }

type Fields = Record<string, unknown>

/** Pages that come together; the first one shows whether a node has them. */
export const families: readonly (readonly Page[])[] = [
  [
    { path: '/cgi-bin/health', become: (page, told) => asPosted(page, 'agent_health', told) },
    { path: '/cgi-bin/network', become: (page, told) => asPosted(page, 'network_status', told) },
    { path: '/cgi-bin/crash', become: (page, told) => listOf(page).slice(-mostCrashes).flatMap((crash) => asPosted(crash, 'crash_report', told)) },
  ],
  [
    { path: '/cgi-bin/health_status', become: healthOf },
    { path: '/cgi-bin/phone_ping_json', become: phonesOf },
    { path: '/cgi-bin/topology_json', become: pathsOf },
  ],
]

const mostCrashes = 50
const mostEntries = 500
const statuses = new Set<unknown>(['ONLINE', 'OFFLINE', 'NO_DNS', 'DISABLED'])

/** The messages of a page; none where it says `error`, is something else, or speaks for another node. */
export function messagesOf ({ become }: Page, page: object, told: Told): object[] {
  return 'error' in page ? [] : become(page, told).map((message) => ({ ...message, relayed: true }))
}

export type { Page }

/** Version 1 has the messages as they are posted. */
function asPosted (page: object, type: string, { node }: Told): object[] {
  const message: Fields = { ...page }
  return message['type'] === type && isOf(node, message['node']) ? [message] : []
}

function healthOf (page: object, { node, nowMs }: Told): object[] {
  const health: Fields = { ...page }
  if (Array.isArray(page) || !isOf(node, health['node'] ?? node)) return []
  return [{ ...health, schema: 'meshmon.v2', type: 'agent_health', node, sent_at: timeOf(health['sent_at'] ?? health['timestamp'], nowMs) }]
}

function phonesOf (page: object, { node, nowMs }: Told): object[] {
  const { results, last_update: at, test_interval: interval }: Fields = { ...page }
  const tests = listOf(results).slice(0, mostEntries).flatMap((entry) => {
    const one: Fields = { ...entry }
    return typeof one['phone_number'] === 'string' && one['phone_number'] !== '' ? [{ phone_number: one['phone_number'], ...resultOf('ping', one), ...resultOf('options', one) }] : []
  })
  if (tests.length === 0) return []
  return [{ schema: 'meshmon.v2', type: 'phone_test_result', node, sent_at: timeOf(at, nowMs), test_interval_seconds: measured(interval), tests }]
}

function resultOf (kind: 'ping' | 'options', one: Fields): Fields {
  const status = one[`${kind}_status`]
  return statuses.has(status) ? { [kind]: { status, rtt_avg_ms: measured(one[`${kind}_rtt`]), jitter_ms: measured(one[`${kind}_jitter`]) } } : {}
}

/** Connections of its own, and of others where it says when they were measured: what it only repeats is not of now. */
function pathsOf (page: object, { node, nowMs }: Told): object[] {
  const { connections }: Fields = { ...page }
  return listOf(connections).slice(0, mostEntries).flatMap((entry) => {
    const { source, target, rtt_avg_ms: rtt, last_updated: at }: Fields = { ...entry }
    const rttMs = measured(rtt)
    if (typeof source !== 'string' || source === '' || typeof target !== 'string' || target === '' || isOf(source, target) || rttMs === null) return []
    const [isOwn, measuredMs] = [isOf(node, source), millisecondsOf(at)]
    if (!isOwn && measuredMs === null) return []
    return [{ schema: 'meshmon.v1', type: 'path_result', src: isOwn ? node : source, dst: target, sent_at: rfc3339(measuredMs ?? nowMs), route: [], metrics: { rtt_ms_avg: rttMs } }]
  })
}

/** A node's page speaks for the node, and for nobody else. */
function isOf (node: string, told: unknown): boolean {
  return typeof told === 'string' && told.toLowerCase() === node.toLowerCase()
}

function listOf (list: unknown): object[] {
  return (Array.isArray(list) ? list : []).filter((one): one is object => typeof one === 'object' && one !== null)
}

function measured (value: unknown): number | null {
  return typeof value === 'number' && value >= 0 ? value : null
}

/** Of an RFC 3339 text, or of seconds since 1970; null where it is neither. */
function millisecondsOf (value: unknown): number | null {
  const ms = typeof value === 'number' ? value * 1000 : typeof value === 'string' && /(Z|[+-]\d\d:\d\d)$/.test(value) ? Date.parse(value) : NaN
  return Math.abs(ms) <= 8.64e15 ? ms : null
}

const rfc3339 = (ms: number): string => new Date(ms).toISOString()

/** The time that was told; now where none can be read. */
function timeOf (value: unknown, nowMs: number): string {
  return rfc3339(millisecondsOf(value) ?? nowMs)
}
