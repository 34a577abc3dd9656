import { Type, type Static } from 'typebox'
import { oneOf, text, Time, time } from './common.js'

export const notificationStates = ['waiting', 'sent', 'dead'] as const

export const Notification = Type.Object({
  id: Type.Integer(),
  key: Type.String({ description: 'The same for all targets of a message; sent as Idempotency-Key' }),
  target: Type.String({ description: 'Without its secrets' }),
  event: Type.String({ description: 'opened, escalated, closed, reminder, daily or summary' }),
  incident_id: text,
  title: text,
  state: oneOf(notificationStates, { description: 'dead: given up, nothing tries it again' }),
  created_at: Time,
  due_at: { ...Time, description: 'When it is tried next' },
  attempts: Type.Integer(),
  sent_at: time,
  failed_at: time,
  error: { ...text, description: 'Of the last attempt' },
}, { $id: 'Notification', description: 'A message to one target' })

export type NotificationBody = Static<typeof Notification>
