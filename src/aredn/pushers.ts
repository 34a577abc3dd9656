import Type from 'typebox'
import { Value } from 'typebox/value'
import { hostNameOf } from './known-nodes.js'

const page = Type.Array(Type.Object({ id: Type.String() }))
const perPage = 1000
const mostPages = 10
const answerMs = 10_000

/** Names of the nodes that have posted their sysinfo themselves since then, as the collector tells. Rejects where it does not. */
export async function findPushers (collectorUrl: URL, sinceMs: number, signal: AbortSignal): Promise<string[]> {
  const names: string[] = []
  let next: URL | null = new URL(`${collectorUrl.href.replace(/\/(ingest)?$/, '')}/nodes?limit=${perPage}&pushed_since=${new Date(sinceMs).toISOString()}`)
  for (let pages = 0; next !== null && pages < mostPages; pages++) {
    const answer: Response = await fetch(next, { signal: AbortSignal.any([signal, AbortSignal.timeout(answerMs)]) })
    const body: unknown = await answer.json()
    if (!answer.ok || !Value.Check(page, body)) throw new Error(`${next.href} answered ${answer.status}`)
    names.push(...body.flatMap(({ id }) => hostNameOf(id) ?? []))
    const [, more] = /<([^<>]+)>; rel="next"/.exec(answer.headers.get('link') ?? '') ?? []
    next = more === undefined ? null : new URL(more, next)
  }
  return names
}
