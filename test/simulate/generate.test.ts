import { createHash } from 'node:crypto'
import t from 'tap'
import { historyKinds, parseDuration } from '../../src/simulate/faults.js'
import { generateMessages } from '../../src/simulate/generate.js'
import { generateMesh, type MeshOptions } from '../../src/simulate/mesh.js'
import { planFaults } from '../../src/simulate/plan.js'

const from = Date.parse('2026-11-01T00:00:00Z')

function digest (options: MeshOptions): string {
  const mesh = generateMesh(options)
  const to = from + parseDuration('4h')
  const faults = planFaults(mesh, { wishes: [], random: 8, seed: options.seed, from, to, kinds: historyKinds })
  const hash = createHash('sha256')
  let last = from
  for (const { at, message } of generateMessages(mesh, faults, { from, to, seed: options.seed })) {
    if (at < last || at >= to) t.fail(`a message at ${at} after one at ${last}`)
    last = at
    hash.update(JSON.stringify(message))
  }
  return hash.digest('hex')
}

t.test('the same seed makes the same bytes, another seed others', async (t) => {
  const once = digest({ seed: 5, nodes: 30, v1Share: 0.2 })
  t.equal(digest({ seed: 5, nodes: 30, v1Share: 0.2 }), once)
  t.not(digest({ seed: 6, nodes: 30, v1Share: 0.2 }), once)
})

t.test('a mesh is connected, and so is each of its nodes to two it probes', async (t) => {
  for (const nodes of [3, 10, 30, 100]) {
    const mesh = generateMesh({ seed: 9, nodes })
    const reached = new Set([0])
    for (const node of reached) for (const link of mesh.nodes[node]?.links ?? []) reached.add(mesh.links[link]?.a ?? 0).add(mesh.links[link]?.b ?? 0)
    t.equal(reached.size, nodes, `${nodes} nodes hang together`)
    t.ok(mesh.nodes.every(({ index, probes }) => new Set(probes).size === 2 && !probes.includes(index)))
    t.equal(new Set(mesh.nodes.map(({ name }) => name.toLowerCase())).size, nodes, 'names differ')
    t.ok(mesh.links.every(({ a, b }) => (mesh.nodes[a]?.name.toLowerCase() ?? '') < (mesh.nodes[b]?.name.toLowerCase() ?? '')), 'links are sorted')
  }
})
