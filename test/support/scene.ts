import { agentKinds, type FaultWish } from '../../src/simulate/faults.js'
import { generateMessages } from '../../src/simulate/generate.js'
import { generateMesh } from '../../src/simulate/mesh.js'
import { planFaults } from '../../src/simulate/plan.js'
import { TruthRecorder, type Truth } from '../../src/simulate/truth.js'
import { MeshJudge, type Spell } from './mesh-judge.js'

const from = Date.parse('2026-11-01T00:00:00Z')

export interface Scene { seed: number, nodes: number, hours: number, wishes?: FaultWish[], random?: number, v1Share?: number }

/** Makes the messages of a scene and judges them as they come. */
export function play ({ seed, nodes, hours, wishes = [], random = 0, v1Share = 0 }: Scene): { truth: Truth, spells: Spell[] } {
  const mesh = generateMesh({ seed, nodes, v1Share })
  const to = from + hours * 3_600_000
  const faults = planFaults(mesh, { wishes, random, seed, from, to, kinds: agentKinds })
  const truth = new TruthRecorder(mesh, faults, from)
  const judge = new MeshJudge()
  for (const emission of generateMessages(mesh, faults, { from, to, seed, truth })) judge.feed(emission)
  judge.end(to)
  return { truth: truth.truth(to), spells: judge.spells }
}
