import type { ServerResponse } from 'node:http'
import type { Test } from 'tap'
import { arednKinds, parseFault } from '../../src/simulate/faults.js'
import { generateMesh } from '../../src/simulate/mesh.js'
import { planFaults } from '../../src/simulate/plan.js'
import { innsbruck } from '../../src/simulate/sites.js'
import { chooseOddNodes, type Oddity } from '../../src/simulate/aredn/odd.js'
import { serveMesh, type Asked } from '../../src/simulate/aredn/serve.js'
import { ArednWorld } from '../../src/simulate/aredn/world.js'

export interface WorldWish {
  nodes: number
  seed?: number
  oldShare?: number
  /** One odd node for each. */
  odd?: readonly Oddity[]
  /** As `meshmon simulate --fault` takes them, from `from`. */
  faults?: readonly string[]
  /** ms since 1970; now unless given. */
  from?: number
}

export function makeWorld ({ nodes, seed = 5, oldShare = 0, odd = [], faults: texts = [], from = Date.now() }: WorldWish): ArednWorld {
  const mesh = generateMesh({ seed, nodes, v2Share: 0, region: innsbruck })
  const faults = planFaults(mesh, { wishes: texts.map((text) => parseFault(text, mesh, arednKinds)), random: 0, seed, from, to: Infinity, kinds: arednKinds })
  return new ArednWorld({ mesh, faults, odd: chooseOddNodes(mesh, { count: odd.length, kinds: odd, seed, from, faults }), oldShare, seed, from })
}

export interface ServedWorld {
  port: number
  /** Address of the node that the collector hangs on, and its name. */
  address: string
  name: string
  /** Of all nodes. */
  names: string[]
  asked: (Asked & { name: string, atMs: number })[]
  /** Most requests that one node had open at a time. */
  mostAtOnce: () => number
}

/** A simulated mesh at loopback addresses until the test's end. `onRequest` may take an answer over, and then returns true. */
export async function startArednMesh (t: Pick<Test, 'teardown'>, world: ArednWorld, onRequest: (node: number, response: ServerResponse) => boolean = () => false): Promise<ServedWorld> {
  const asked: ServedWorld['asked'] = []
  const open = new Map<number, number>()
  let most = 0
  const { port, close } = await serveMesh(world, {
    port: 0,
    now: Date.now,
    onRequest (request, response) {
      const { node } = request
      open.set(node, (open.get(node) ?? 0) + 1)
      most = Math.max(most, open.get(node) ?? 0)
      response.on('close', () => open.set(node, (open.get(node) ?? 0) - 1))
      asked.push({ ...request, name: world.nameOf(node, Date.now()), atMs: performance.now() })
      return onRequest(node, response)
    },
  })
  t.teardown(close)
  const names = world.mesh.nodes.map(({ name }) => name)
  return { port, address: world.addressOf(world.mesh.collector, Date.now()), name: names[world.mesh.collector] ?? '', names, asked, mostAtOnce: () => most }
}
