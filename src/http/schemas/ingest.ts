import Type from 'typebox'

const RejectionSchema = Type.Object({
  index: Type.Integer({ minimum: 0 }),
  type: Type.Optional(Type.String()),
  detail: Type.Optional(Type.String()),
  errors: Type.Array(Type.Object({ path: Type.String(), message: Type.String() })),
})

export const IngestAnswer = Type.Object({
  accepted: Type.Boolean(),
  received: Type.Integer(),
  stored: Type.Integer(),
  duplicates: Type.Integer(),
  rejected: Type.Array(RejectionSchema),
}, { $id: 'IngestAnswer' })
