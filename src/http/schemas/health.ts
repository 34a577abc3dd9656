import { Type, type Static } from 'typebox'
import { oneOf } from './common.js'

const count = Type.Integer()

export const MeshHealth = Type.Object({
  state: oneOf(['green', 'yellow', 'red', 'unknown'], { description: 'red: a critical issue; yellow: a major or minor one; unknown: nothing is heard that should be' }),
  open: Type.Object({ critical: count, major: count, minor: count }, { description: 'Issues that count: not acknowledged, stale, in maintenance or about the quality of data' }),
  nodes: Type.Object({ active: count, inactive: count, dead: count }),
}, { $id: 'MeshHealth', description: 'How the mesh is' })

export type MeshHealthBody = Static<typeof MeshHealth>
