import { Random } from '../random.js'
import type { Outgoing } from '../sink.js'
import { answerOf } from './answer.js'
import type { ArednWorld } from './world.js'

const flags = new Set(['lqm', 'link_info'])
/** Nodes that nobody can read have no history either. */
const readable = new Set([undefined, 'slow', 'renamed', 'renumbered'])

/** The messages with which an AREDN worker would have told of the mesh in that time, one a node and step, in order of time. */
export function * historyOf (world: ArednWorld, { from, to, stepMs, seed }: { from: number, to: number, stepMs: number, seed: number }): Generator<Outgoing, void, undefined> {
  const random = new Random(seed, 46)
  const turns = world.mesh.nodes.filter(({ index }) => readable.has(world.oddityOf(index))).map(({ index }) => ({ node: index, offset: random.integer(stepMs) })).sort((x, y) => x.offset - y.offset)
  for (let start = from; start < to; start += stepMs) {
    for (const { node, offset } of turns) {
      const at = start + offset
      if (at >= to || !world.isReachable(node, at)) continue
      const sysinfo = answerOf(world, node, at, flags)
      yield { at, node, message: { schema: 'meshmon.v1', type: 'aredn_sysinfo', node: sysinfo['node'], sent_at: new Date(at).toISOString(), sysinfo } }
    }
  }
}
