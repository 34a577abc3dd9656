import { RadioError } from './companion.js'
import type { Contact } from './frames/types.js'
import type { Link } from './link.js'

/** Firmware tells its capacity in a byte of pairs: 510 at most. */
const MAX_CONTACTS = 510
/** A list that runs already (error 4), which APP_START ends. */
const BAD_STATE = 4

const keyOf = (key: Uint8Array): string => Buffer.from(key).toString('hex')

interface Listed { total: number | null, contacts: Contact[], newestS: number }

/** The companion's contacts by key, kept between readings: only what changed is read again. */
export class Contacts {
  readonly #link: Link
  #byKey = new Map<string, Contact>()
  #newestS = 0

  constructor (link: Link) { this.#link = link }

  async read (): Promise<{ total: number, contacts: Contact[] }> {
    let listed = await this.#list()
    // Deleted contacts are not listed: the companion then counts fewer than we know.
    if (listed.total !== this.#byKey.size) {
      this.#byKey = new Map()
      this.#newestS = 0
      listed = await this.#list()
    }
    return { total: listed.total ?? this.#byKey.size, contacts: [...this.#byKey.values()] }
  }

  /** A reset path does not count as a change in the companion's list. */
  forgetPath (key: Uint8Array): void {
    const contact = this.#byKey.get(keyOf(key))
    if (contact !== undefined) this.#byKey.set(keyOf(key), { ...contact, hops: null })
  }

  async #list (): Promise<Listed> {
    let listed: Listed
    try {
      listed = await this.#ask()
    } catch (error) {
      if (!(error instanceof RadioError && error.code === BAD_STATE)) throw error
      await this.#link.start()
      listed = await this.#ask()
    }
    for (const contact of listed.contacts) this.#byKey.set(keyOf(contact.key), contact)
    this.#newestS = Math.max(this.#newestS, listed.newestS)
    return listed
  }

  #ask (): Promise<Listed> {
    const contacts: Contact[] = []
    let total: number | null = null
    // The filter is "later than": a contact that changed in the very second of the newest one would never be seen.
    const since = this.#newestS > 0 ? { sinceS: this.#newestS - 1 } : {}
    return this.#link.ask<Listed>({ is: 'get_contacts', ...since }, (frame) => {
      switch (frame.is) {
        case 'contacts_start':
          total = frame.total
          return 'more'
        case 'contact':
          if (contacts.length === MAX_CONTACTS) throw new RadioError('refused', `the companion lists more than ${MAX_CONTACTS} contacts: that is no MeshCore firmware we know`)
          contacts.push(frame)
          return 'more'
        case 'contacts_end':
          return { answer: { total, contacts, newestS: frame.lastModifiedS } }
        default:
          return null
      }
    })
  }
}
