import { subjectNodes, type Fault } from '../faults.js'
import type { Mesh } from '../mesh.js'
import { Random } from '../random.js'

/** What the web servers of some nodes do, and what happens to nodes that no rule is about. */
export const oddities = {
  slow: 'answers after some seconds',
  silent: 'takes the request and never answers',
  cut_off: 'ends in the middle of its answer',
  endless: 'sends and sends',
  html: 'has a login page in place of the answer, with status 200',
  redirect: 'sends everybody to a login page of another host',
  renamed: 'gets another name during the run',
  renumbered: 'gets another address during the run',
} as const

export type Oddity = keyof typeof oddities

/** `at` (ms since 1970): when it is renamed or renumbered. */
export interface OddNode { node: number, oddity: Oddity, at: number }

export const oddityNames = Object.keys(oddities) as Oddity[]

const earliestMs = 60_000
const latestMs = 300_000

export interface OddOptions { count: number, kinds?: readonly Oddity[], seed: number, from: number, faults: readonly Fault[] }

/** So many odd nodes, of each kind in turn; never the collector's own, nor one of a fault. Changes come one to five minutes after `from`. */
export function chooseOddNodes (mesh: Mesh, { count, kinds = oddityNames, seed, from, faults }: OddOptions): OddNode[] {
  const random = new Random(seed, 41)
  const faulty = new Set(faults.flatMap(({ subject }) => subjectNodes(mesh, subject)))
  const fit = mesh.nodes.map(({ index }) => index).filter((index) => index !== mesh.collector && !faulty.has(index))
  return random.shuffle(fit).slice(0, count).flatMap((node, place) => {
    const oddity = kinds[place % kinds.length]
    return oddity === undefined ? [] : [{ node, oddity, at: Math.round(from + random.between(earliestMs, latestMs)) }]
  })
}
