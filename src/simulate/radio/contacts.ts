import type { Contact } from '../../radio/frames/index.js'
import type { Way } from './air.js'
import type { SimulatedRepeater } from './repeater.js'

export const contactTypes = { chat: 1, repeater: 2, room: 3, sensor: 4 } as const

/** A node that the companion knows. Kept over its reboots. */
export interface StoredContact {
  key: Uint8Array
  name: string
  type: number
  /** null: nobody of this world answers under that key. */
  repeater: SimulatedRepeater | null
  /** null: not known, the next request floods. */
  way: Way<SimulatedRepeater> | null
  lastAdvertS: number
  lastModifiedS: number
  latitude: number
  longitude: number
}

const pathBytes = 64

/** One byte of each repeater's key is its hash in a path. */
export function contactFrame ({ repeater, way, ...contact }: StoredContact): Contact {
  const path = new Uint8Array(pathBytes)
  path.set((way ?? []).map(({ key }) => key[0] ?? 0))
  return { is: 'contact', ...contact, flags: 0, hops: way?.length ?? null, hashSize: 1, path }
}

export class ContactStore {
  readonly #contacts = new Map<string, StoredContact>()

  get size (): number {
    return this.#contacts.size
  }

  all (): StoredContact[] {
    return [...this.#contacts.values()]
  }

  find (key: Uint8Array): StoredContact | undefined {
    return this.#contacts.get(Buffer.from(key).toString('hex'))
  }

  put (contact: StoredContact): void {
    this.#contacts.set(Buffer.from(contact.key).toString('hex'), contact)
  }

  remove (key: Uint8Array): void {
    this.#contacts.delete(Buffer.from(key).toString('hex'))
  }

  /** By the companion's clock; 0 without contacts. */
  newestS (): number {
    return Math.max(0, ...this.all().map(({ lastModifiedS }) => lastModifiedS))
  }
}
