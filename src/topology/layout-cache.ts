import { placeOf } from './geo.js'
import { layOut, type Layout } from './layout.js'
import { pairKey, type Mesh } from './mesh.js'

export type LayOut = (mesh: Pick<Mesh, 'nodes' | 'links'>) => Layout

/** Lays out what changed; of the last few meshes it still knows the layout, which takes the most time of a map. */
export function createLayoutCache (most: number): LayOut {
  const known = new Map<string, Layout>()
  return ({ nodes, links }) => {
    const key = JSON.stringify([nodes.map((node) => [node.id, placeOf(node)]), [...new Set(links.map(({ a, b }) => pairKey(a, b)))]])
    const layout = known.get(key) ?? layOut(nodes, links)
    known.delete(key)
    known.set(key, layout)
    for (const oldest of [...known.keys()].slice(0, Math.max(0, known.size - most))) known.delete(oldest)
    return layout
  }
}
