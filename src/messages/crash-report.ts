import Type, { type Static } from 'typebox'
import { isBelievable, type MessageContext, normalised, sightRouter, type Stamp, stamp } from './context.js'
import type { MessageDefinition } from './definition.js'
import { shapeOf, unknownFields, withPart } from './extra.js'
import { int, type JsonObject, maybe, name, number, object, percent, schemaVersion, text, time } from './fields.js'
import { believableUptime, withoutUnsetTimes } from './measured.js'
import type { FieldError } from './storable.js'
import { parseTime } from './time.js'
import type { NormalisedMessage } from './tables.js'

const schema = Type.Object({
  schema: schemaVersion,
  type: Type.Literal('crash_report'),
  node: name,
  sent_at: maybe(time),
  crash_time: maybe(time),
  signal: maybe(int),
  signal_name: maybe(text),
  description: maybe(text),
  reason: maybe(text),
  thread_id: maybe(Type.Unsafe<string | number>({ type: ['string', 'number'] })),
  last_operation: maybe(text),
  uptime_at_crash: maybe(number),
  uptime_before_crash: maybe(number),
  memory_at_crash_mb: maybe(number),
  cpu_at_crash_pct: maybe(percent),
  crash_count_24h: maybe(int),
  restart_count: maybe(int),
  active_calls: maybe(int),
  backtrace: maybe(Type.Array(text)),
  context: maybe(object),
})

type CrashReport = Static<typeof schema>

const shape = shapeOf(schema)

function check ({ crash_time: crashTime, sent_at: sentAt }: CrashReport): FieldError | undefined {
  return crashTime || sentAt ? undefined : { path: '/crash_time', message: 'is required (or sent_at)' }
}

/** When it crashed; when it was reported, where the clock was wrong at the crash; else the time of receipt. */
function stampCrash (message: CrashReport, context: MessageContext): Stamp {
  const [crashed = NaN, sent = NaN] = [message.crash_time, message.sent_at].map((text) => text ? parseTime(text) : NaN)
  const at = stamp([crashed, sent].find((time) => isBelievable(time, context)) ?? (Number.isNaN(crashed) ? sent : crashed), context)
  return Number.isNaN(sent) || sent === at.time ? at : { ...at, sent_at: sent }
}

/** Unknown fields, and what gave way to another field of the same meaning. */
function extra (message: CrashReport, at: Stamp): JsonObject | null {
  let kept = unknownFields(message, shape)
  const { crash_time: crashTime, description, reason, uptime_at_crash: uptimeAt, uptime_before_crash: uptimeBefore } = message
  if (crashTime && parseTime(crashTime) !== at.time) kept = withPart(kept, 'crash_time', crashTime)
  if (typeof description === 'string') kept = withPart(kept, 'reason', reason ?? null)
  if (typeof uptimeAt === 'number') kept = withPart(kept, 'uptime_before_crash', uptimeBefore ?? null)
  return kept
}

function normalise (message: CrashReport, context: MessageContext): NormalisedMessage {
  const at = stampCrash(message, context)
  return normalised('crash_report', at, sightRouter(message.node, at), [{
    table: 'crash_reports',
    values: {
      time: at.time,
      received_at: at.received_at,
      sent_at: at.sent_at,
      clock_suspect: at.clock_suspect,
      node: message.node,
      signal: message.signal ?? null,
      signal_name: message.signal_name ?? null,
      description: message.description ?? message.reason ?? null,
      thread_id: message.thread_id?.toString() ?? null,
      last_operation: message.last_operation ?? null,
      uptime_at_crash_s: believableUptime(message.uptime_at_crash ?? message.uptime_before_crash),
      memory_at_crash_mb: message.memory_at_crash_mb ?? null,
      cpu_at_crash_pct: message.cpu_at_crash_pct ?? null,
      crash_count_24h: message.crash_count_24h ?? null,
      restart_count: message.restart_count ?? null,
      active_calls: message.active_calls ?? null,
      backtrace: message.backtrace ?? null,
      context: message.context ? withoutUnsetTimes(message.context) : null,
      extra: extra(message, at),
    },
  }])
}

/** A crash of an agent, in the forms of all versions. */
export const crashReport: MessageDefinition<typeof schema> = { schema, check, normalise }
