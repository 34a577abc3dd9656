import { MinHeap } from './heap.js'
import type { Link, Mesh } from './mesh.js'

/** Nodes from src to dst, both included, and the links between them: one fewer. */
export interface Route { nodes: number[], links: number[] }

export interface Tree {
  /** ETX from the root; Infinity where no route leads. */
  cost: Float64Array
  /** The link towards the root; -1 at the root and where no route leads. */
  via: Int32Array
}

/** Dijkstra by the cost of links (their ETX; Infinity: not usable). Of equal routes the first found stays, so runs repeat. */
export function shortestTree (mesh: Mesh, root: number, etx: (link: Link) => number): Tree {
  const cost = new Float64Array(mesh.nodes.length).fill(Infinity)
  const via = new Int32Array(mesh.nodes.length).fill(-1)
  const heap = new MinHeap()
  cost[root] = 0
  heap.push(0, root)
  while (heap.size > 0) {
    const reached = heap.minKey
    const at = heap.pop()
    const node = at === undefined ? undefined : mesh.nodes[at]
    if (node === undefined || reached > (cost[node.index] ?? 0)) continue
    for (const index of node.links) {
      const link = mesh.links[index]
      if (link === undefined) continue
      const next = link.a === node.index ? link.b : link.a
      const total = reached + etx(link)
      if (total < (cost[next] ?? 0)) {
        cost[next] = total
        via[next] = index
        heap.push(total, next)
      }
    }
  }
  return { cost, via }
}

/** The way through a tree, turned to run from its root to `dst`; null where no route leads. */
export function routeIn (mesh: Mesh, { via }: Tree, src: number, dst: number): Route | null {
  const nodes = [dst]
  const links: number[] = []
  for (let at = dst; at !== src;) {
    const link = mesh.links[via[at] ?? -1]
    if (link === undefined) return null
    at = link.a === at ? link.b : link.a
    nodes.push(at)
    links.push(link.index)
  }
  return { nodes: nodes.reverse(), links: links.reverse() }
}

/** Up to `count` different routes, best first: each search finds the links of those before it dearer. */
export function alternatives (mesh: Mesh, src: number, dst: number, count: number): Route[] {
  const used = new Map<number, number>()
  const found = new Map<string, Route>()
  for (let search = 0; search < 2 * count && found.size < count; search++) {
    const tree = shortestTree(mesh, src, (link) => link.etx * (1 + 3 * (used.get(link.index) ?? 0)))
    const route = routeIn(mesh, tree, src, dst)
    if (route === null) break
    found.set(route.nodes.join(), route)
    for (const link of route.links) used.set(link, (used.get(link) ?? 0) + 1)
  }
  return [...found.values()]
}

/** Routes of one state of the mesh; trees are made when first asked for. */
export class Router {
  readonly #mesh: Mesh
  readonly #etx: (link: Link) => number
  readonly #trees: (Tree | undefined)[] = []

  constructor (mesh: Mesh, etx: (link: Link) => number) {
    this.#mesh = mesh
    this.#etx = etx
  }

  route (src: number, dst: number): Route | null {
    return routeIn(this.#mesh, this.tree(src), src, dst)
  }

  tree (src: number): Tree {
    const known = this.#trees[src]
    if (known !== undefined) return known
    const tree = shortestTree(this.#mesh, src, this.#etx)
    this.#trees[src] = tree
    return tree
  }
}
