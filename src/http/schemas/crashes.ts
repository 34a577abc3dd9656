import { Type, type Static } from 'typebox'
import { integer, maybeObject, number, text, Time } from './common.js'

export const Crash = Type.Object({
  node: Type.String(),
  time: Time,
  signal: integer,
  signal_name: text,
  description: text,
  thread_id: text,
  last_operation: text,
  uptime_at_crash_s: number,
  memory_at_crash_mb: number,
  cpu_at_crash_pct: number,
  crash_count_24h: integer,
  restart_count: integer,
  active_calls: integer,
  backtrace: Type.Unsafe<string[] | null>({ type: ['array', 'null'], items: { type: 'string' } }),
  context: maybeObject,
}, { $id: 'Crash' })

const counts = (description: string) => Type.Array(Type.Object({
  value: { ...text, description: 'null where the report does not say' },
  crashes: Type.Integer(),
  nodes: Type.Integer(),
}), { description })

export const CrashPatterns = Type.Object({
  from: Time,
  to: Time,
  crashes: Type.Integer(),
  nodes: Type.Integer(),
  signal: counts('Most frequent first'),
  thread: counts('Most frequent first'),
  operation: counts('Most frequent first'),
  version: counts('By the version the node runs now'),
}, { $id: 'CrashPatterns', description: 'How often crashes share something' })

export type CrashBody = Static<typeof Crash>
export type CrashPatternsBody = Static<typeof CrashPatterns>

export const crashSchemas = [Crash, CrashPatterns]
