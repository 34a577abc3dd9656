import { Type, type Static } from 'typebox'
import { boolean, integer, maybeObject, number, oneOf, text, Time, time } from './common.js'

export const Reading = Type.Object({ time: Time, value: number, unit: Type.String() }, { $id: 'Reading', description: 'A value as stored' })

export const RadioEvent = Type.Object({
  time: Time,
  event: Type.String({ description: 'breaker_open, breaker_closed, login_failed, poll_failed or poll_ok' }),
  reason: text,
  details: maybeObject,
}, { $id: 'RadioEvent', description: 'What the radio worker said of a radio' })

const radio = {
  id: Type.String({ description: 'The name' }),
  kind: oneOf(['companion', 'repeater']),
  public_key: text,
  version: text,
  model: text,
  battery: maybeObject,
  info: maybeObject,
  site: text,
  lat: number,
  lon: number,
  first_seen: Time,
  last_seen: time,
  readings: Type.Record(Type.String(), Type.Ref('Reading'), { description: 'The newest of each metric within 7 days; bat_pct is computed' }),
  last_event: Type.Union([Type.Ref('RadioEvent'), Type.Null()]),
}

export const Radio = Type.Object(radio, { $id: 'Radio' })

export const RadioDetail = Type.Object({
  ...radio,
  events: Type.Array(Type.Ref('RadioEvent'), { description: 'The newest 50 of 7 days' }),
  open_issues: Type.Array(Type.Ref('Issue')),
}, { $id: 'RadioDetail' })

const result = Type.Object({
  status: text,
  packets_sent: integer,
  packets_received: integer,
  loss_pct: number,
  rtt_min_ms: number,
  rtt_avg_ms: number,
  rtt_max_ms: number,
  jitter_ms: number,
})

export const Phone = Type.Object({
  node: Type.String({ description: 'Who tested it' }),
  phone_number: Type.String(),
  display_name: text,
  dns_hostname: text,
  dns_resolved: boolean,
  dns_ip: text,
  time: Time,
  ping: result,
  options: result,
}, { $id: 'Phone', description: 'The newest test of a phone' })

export type ReadingBody = { time: string, value: number | null }
export type RadioEventBody = Static<typeof RadioEvent>
export type RadioBody = Omit<Static<typeof Radio>, 'readings' | 'last_event'> & {
  readings: Record<string, Static<typeof Reading>>
  last_event: RadioEventBody | null
}
export type PhoneBody = Static<typeof Phone>

export const radioSchemas = [Reading, RadioEvent, Radio, RadioDetail, Phone]
