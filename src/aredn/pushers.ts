import Type from 'typebox'
import { Value } from 'typebox/value'
import { withDeadline } from '../deadline.js'
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
    const url: URL = next
    const { ids, more } = await withDeadline({ ms: answerMs, signal }, async (limited) => await readPage(url, limited))
    names.push(...ids.flatMap((id) => hostNameOf(id) ?? []))
    next = more === undefined ? null : new URL(more, url)
  }
  return names
}

async function readPage (url: URL, signal: AbortSignal): Promise<{ ids: string[], more: string | undefined }> {
  const answer = await fetch(url, { signal })
  const body: unknown = await answer.json()
  if (!answer.ok || !Value.Check(page, body)) throw new Error(`${url.href} answered ${answer.status}`)
  const [, more] = /<([^<>]+)>; rel="next"/.exec(answer.headers.get('link') ?? '') ?? []
  return { ids: body.map(({ id }) => id), more }
}
