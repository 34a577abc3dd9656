import { mediumOf, orderEnds } from '../incidents/subject.js'

/** One direction of a link over the period; of each mean also how many values it stands for. */
export interface LinkRow {
  from_node: string
  to_node: string
  link_type: string
  lq: number | null
  lq_n: number
  nlq: number | null
  nlq_n: number
  etx: number | null
  etx_n: number
}

export interface LinkSummary { a: string, b: string, medium: string, etx: number, lq: number | null, nlq: number | null }

interface Mean { sum: number, n: number }
interface Sums { a: string, b: string, medium: string, etx: Mean, lq: Mean, nlq: Mean }

/** A hop that measures nothing can't have a better quality. */
const leastProduct = 0.01

/** Both directions of each link as seen from a, the end that sorts first; the worst ETX first. Without an ETX it is that of the qualities. */
export function joinDirections (rows: LinkRow[]): LinkSummary[] {
  const links = new Map<string, Sums>()
  for (const row of rows) {
    const { a, b } = orderEnds(row.from_node, row.to_node)
    const medium = mediumOf(row.link_type)
    const key = JSON.stringify([a, b, medium])
    const link = links.get(key) ?? { a, b, medium, etx: { sum: 0, n: 0 }, lq: { sum: 0, n: 0 }, nlq: { sum: 0, n: 0 } }
    links.set(key, link)
    const isTurned = row.from_node !== a
    add(link.etx, row.etx, row.etx_n)
    add(isTurned ? link.nlq : link.lq, row.lq, row.lq_n)
    add(isTurned ? link.lq : link.nlq, row.nlq, row.nlq_n)
  }
  return [...links.values()].flatMap(({ a, b, medium, ...sums }) => {
    const [etx, lq, nlq] = [meanOf(sums.etx), meanOf(sums.lq), meanOf(sums.nlq)]
    const cost = etx ?? (lq === null || nlq === null ? null : 1 / Math.max(lq * nlq, leastProduct))
    return cost === null ? [] : [{ a, b, medium, etx: cost, lq, nlq }]
  }).sort((x, y) => y.etx - x.etx || (x.a < y.a ? -1 : 1))
}

function add (mean: Mean, value: number | null, n: number): void {
  if (value === null) return
  mean.sum += value * n
  mean.n += n
}

function meanOf ({ sum, n }: Mean): number | null {
  return n === 0 ? null : sum / n
}
