import { createHash } from 'node:crypto'
import type { KnownNode } from './known-nodes.js'
import { families, messagesOf, type Page } from './phonebook.js'
import type { PageOutcome } from './read-node.js'

export interface PhonebookOptions {
  readPage (node: Pick<KnownNode, 'host' | 'address'>, path: string, signal: AbortSignal): Promise<PageOutcome>
  /** Milliseconds since 1970. */
  now (): number
}

/** What reading pages cost, and what came of it. */
export interface PagesRead { messages: object[], bytes: number, requests: number }

interface Memory {
  probedMs: number
  families: (readonly Page[])[]
  /** By path: of what was sent last. */
  digests: Map<string, string>
}

const probeAgainMs = 86_400_000

/** Pages of the AREDN-Phonebook on the nodes that have them: looked for once a day, then read each time, and sent on where they say something new. */
export class PhonebookReader {
  readonly #options: PhonebookOptions
  /** Goes with the nodes that are known. */
  readonly #memories = new WeakMap<KnownNode, Memory>()

  constructor (options: PhonebookOptions) {
    this.#options = options
  }

  /** @param ownName as the node's sysinfo has it */
  async read (node: KnownNode, ownName: string, signal: AbortSignal): Promise<PagesRead> {
    const { readPage, now } = this.#options
    const read: PagesRead = { messages: [], bytes: 0, requests: 0 }
    let memory = this.#memories.get(node)
    const isProbing = memory === undefined || now() - memory.probedMs >= probeAgainMs || memory.probedMs > now()
    memory = memory === undefined || isProbing ? { probedMs: now(), families: [], digests: memory?.digests ?? new Map() } : memory
    this.#memories.set(node, memory)
    for (const family of isProbing ? families : memory.families) {
      for (const page of family) {
        const outcome = await readPage(node, page.path, signal)
        read.bytes += outcome.bytes
        read.requests += outcome.requests
        if (!outcome.ok && page === family[0]) break
        if (isProbing && page === family[0]) memory.families.push(family)
        if (outcome.ok && isNew(memory, page, outcome.page)) read.messages.push(...messagesOf(page, outcome.page, { node: ownName, nowMs: now() }))
      }
    }
    return read
  }
}

function isNew ({ digests }: Memory, { path }: Page, page: object): boolean {
  const digest = createHash('sha256').update(JSON.stringify(page)).digest('base64')
  if (digests.get(path) === digest) return false
  digests.set(path, digest)
  return true
}
