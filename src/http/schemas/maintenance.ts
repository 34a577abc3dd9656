import { Type, type Static } from 'typebox'
import { longestSubject, Note, Person, text, Time } from './common.js'

const longestName = 128

export const Maintenance = Type.Object({
  id: Type.Integer(),
  subject: text,
  pattern: text,
  from: Time,
  until: Time,
  reason: text,
  by: text,
  created_at: Time,
}, { $id: 'Maintenance', description: 'Work that was announced; what it covers sends no message and does not colour health' })

export const NewMaintenance = Type.Object({
  subject: Type.Optional(Type.String({ minLength: 1, maxLength: longestSubject, description: 'A node, src>dst, a--b, a--b@medium or collector: covers just that' })),
  pattern: Type.Optional(Type.String({
    minLength: 1,
    maxLength: longestName,
    pattern: '^[^\\p{Cc}\\p{Cs}]*$',
    description: 'A node\'s name with * for any text and ? for one character: covers the nodes and every path and link that starts or ends at one',
  })),
  from: Type.Optional({ ...Time, description: 'Now unless given' }),
  until: Time,
  reason: Type.Optional(Note),
  by: Type.Optional(Person),
}, { additionalProperties: false })

export type MaintenanceBody = Static<typeof Maintenance>
