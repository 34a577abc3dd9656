import { Type, type Static } from 'typebox'
import { text, Time } from './common.js'

export const Rejected = Type.Object({
  id: Type.Integer(),
  received_at: Time,
  address: text,
  reason: Type.String(),
  errors: Type.Array(Type.Unknown(), { description: 'Usually {path, message}' }),
  body: Type.String({ description: 'The first 8 KiB of the message, bytes that are no UTF-8 replaced' }),
  body_bytes: Type.Integer({ description: 'Bytes that are kept; at most 64 KiB' }),
  truncated: Type.Boolean({ description: 'body is not all that is kept' }),
}, { $id: 'Rejected', description: 'A message that was not stored' })

export type RejectedBody = Static<typeof Rejected>
