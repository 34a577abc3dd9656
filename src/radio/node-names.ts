import { findContact } from './find-contact.js'
import type { Contact, SelfInfo } from './frames/types.js'
import type { RepeaterSettings } from './settings.js'

const prefixLength = 12

export const hexOf = (key: Uint8Array): string => Buffer.from(key).toString('hex')

const prefixOf = (key: Uint8Array): string => hexOf(key).slice(0, prefixLength)

/** What a repeater is called in the settings, and so in the poller's state: its name, else its key prefix. */
export const idOf = ({ name, keyPrefix }: RepeaterSettings): string => name ?? keyPrefix ?? ''

/** An advertised name as the collector takes it: without control characters; undefined where nothing is left. */
function storable (name: string): string | undefined {
  // eslint-disable-next-line no-control-regex
  const text = name.replace(/[\u0000-\u001f\u007f-\u009f]/g, '').trim()
  return text === '' ? undefined : text
}

export const companionName = ({ name, key }: Pick<SelfInfo, 'name' | 'key'>): string => storable(name) ?? prefixOf(key)

/**
 * The name of each repeater in the database, by its id: that of the settings, else the advertised one, else the key prefix. A second
 * radio of a name, the companion counting as the first, gets its key prefix behind it.
 */
export function nodeNames (repeaters: RepeaterSettings[], contacts: Contact[], companion: string): Map<string, string> {
  const taken = new Set([companion.toLowerCase()])
  return new Map(repeaters.map((repeater) => {
    const contact = findContact(contacts, repeater)
    const prefix = contact ? prefixOf(contact.key) : repeater.keyPrefix ?? ''
    const name = repeater.name ?? (contact && storable(contact.name)) ?? prefix
    const free = taken.has(name.toLowerCase()) ? `${name} ${prefix}`.trim() : name
    taken.add(free.toLowerCase())
    return [idOf(repeater), free]
  }))
}
