import Type, { type Static } from 'typebox'
import { type MessageContext, normalised, sightRouter, type Stamp, stamp } from './context.js'
import type { MessageDefinition } from './definition.js'
import { shapeOf, unknownFields, withPart } from './extra.js'
import { bool, int, type JsonObject, maybe, milliseconds, name, nameRule, number, object, percent, schemaVersion, text, time } from './fields.js'
import { withoutLost } from './measured.js'
import { pathRow } from './path-row.js'
import { parseTime } from './time.js'
import type { NormalisedMessage, Row } from './tables.js'

const status = Type.Unsafe<'ONLINE' | 'OFFLINE' | 'NO_DNS' | 'DISABLED'>({ type: 'string', enum: ['ONLINE', 'OFFLINE', 'NO_DNS', 'DISABLED'] })

const outcome = Type.Object({
  status,
  packets_sent: maybe(int),
  packets_received: maybe(int),
  loss_pct: maybe(percent),
  rtt_min_ms: maybe(milliseconds),
  rtt_avg_ms: maybe(milliseconds),
  rtt_max_ms: maybe(milliseconds),
  jitter_ms: maybe(milliseconds),
})

const test = Type.Object({
  // Short enough for "phone:<number>" to be a name.
  phone_number: Type.String({ ...nameRule, maxLength: nameRule.maxLength - 'phone:'.length }),
  display_name: maybe(text),
  dns_hostname: maybe(text),
  dns_resolved: maybe(bool),
  dns_ip: maybe(text),
  ping: maybe(outcome),
  options: maybe(outcome),
})

const schema = Type.Object({
  schema: schemaVersion,
  type: Type.Literal('phone_test_result'),
  node: name,
  sent_at: time,
  test_interval_seconds: maybe(number),
  total_phones: maybe(int),
  phones_tested: maybe(int),
  phones_online: maybe(int),
  phones_offline: maybe(int),
  phones_no_dns: maybe(int),
  tests: Type.Array(test),
  summary: maybe(object),
})

type Outcome = Static<typeof outcome>
type PhoneTest = Static<typeof test>
type PhoneTestResult = Static<typeof schema>

const shape = shapeOf(schema)
const testShape = shapeOf(test)
const totals = ['test_interval_seconds', 'total_phones', 'phones_tested', 'phones_online', 'phones_offline', 'phones_no_dns', 'summary'] as const

/** The numbers of an outcome, times that nobody measured as null. */
function measuredOutcome (outcome: Outcome | null | undefined) {
  const lost = outcome?.status === 'OFFLINE' || outcome?.loss_pct === 100
  const { rtt_ms: average, jitter_ms: jitter } = withoutLost(outcome?.rtt_avg_ms, outcome?.jitter_ms, lost ? 100 : null)
  return {
    status: outcome?.status ?? null,
    sent: outcome?.packets_sent ?? null,
    received: outcome?.packets_received ?? null,
    loss: outcome?.loss_pct ?? null,
    min: lost && average === null ? null : outcome?.rtt_min_ms ?? null,
    average,
    max: lost && average === null ? null : outcome?.rtt_max_ms ?? null,
    jitter,
  }
}

function phoneRow (message: PhoneTestResult, test: PhoneTest, at: Stamp, extra: JsonObject | null): Row {
  const ping = measuredOutcome(test.ping)
  const options = measuredOutcome(test.options)
  return {
    table: 'phone_test',
    values: {
      time: at.time,
      received_at: at.received_at,
      sent_at: at.sent_at,
      clock_suspect: at.clock_suspect,
      node: message.node,
      phone_number: test.phone_number,
      display_name: test.display_name ?? null,
      dns_hostname: test.dns_hostname ?? null,
      dns_resolved: test.dns_resolved ?? null,
      dns_ip: test.dns_ip ?? null,
      ping_status: ping.status,
      ping_packets_sent: ping.sent,
      ping_packets_received: ping.received,
      ping_loss_pct: ping.loss,
      ping_rtt_min_ms: ping.min,
      ping_rtt_avg_ms: ping.average,
      ping_rtt_max_ms: ping.max,
      ping_jitter_ms: ping.jitter,
      options_status: options.status,
      options_packets_sent: options.sent,
      options_packets_received: options.received,
      options_loss_pct: options.loss,
      options_rtt_min_ms: options.min,
      options_rtt_avg_ms: options.average,
      options_rtt_max_ms: options.max,
      options_jitter_ms: options.jitter,
      extra: withPart(extra, 'tests', unknownFields(test, testShape)),
    },
  }
}

/** The path to a phone that was pinged, whether it answered or not. */
function pathRows (message: PhoneTestResult, { phone_number: number, ping }: PhoneTest, at: Stamp): Row[] {
  if (ping?.status !== 'ONLINE' && ping?.status !== 'OFFLINE') return []
  const dst = `phone:${number}`
  const measured = withoutLost(ping.rtt_avg_ms, ping.jitter_ms, ping.status === 'OFFLINE' ? 100 : ping.loss_pct)
  return [{
    table: 'path_probe',
    values: pathRow(at, measured, { src: message.node, dst, peer: dst, route: [] }),
  }]
}

/** What the message says of the round as a whole: kept of the newest only. */
function round (message: PhoneTestResult): JsonObject {
  return Object.fromEntries(totals.flatMap((key) => message[key] === null || message[key] === undefined ? [] : [[key, message[key]]]))
}

function normalise (message: PhoneTestResult, context: MessageContext): NormalisedMessage {
  const at = stamp(parseTime(message.sent_at), context)
  const extra = unknownFields(message, shape)
  const rows = message.tests.flatMap((test) => [phoneRow(message, test, at, extra), ...pathRows(message, test, at)])
  return normalised('phone_test_result', at, sightRouter(message.node, at, { info: { phones: round(message) } }), rows)
}

/** One round of calls to the phones of the mesh: reachable by ping, answered by SIP OPTIONS. */
export const phoneTestResult: MessageDefinition<typeof schema> = { schema, normalise }
