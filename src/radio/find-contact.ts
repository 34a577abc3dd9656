import type { Contact } from './frames/types.js'
import type { RepeaterSettings } from './settings.js'

const repeaterType = 2

/**
 * The contact that a repeater's settings mean: by name as written, then without regard to case, then by key prefix, as meshcore-stats
 * does. Of several with one name the one with the key prefix, then a repeater, then the one heard last.
 */
export function findContact (contacts: Contact[], { name, keyPrefix }: Pick<RepeaterSettings, 'name' | 'keyPrefix'>): Contact | null {
  const hasPrefix = ({ key }: Contact): boolean => keyPrefix !== undefined && Buffer.from(key).toString('hex').startsWith(keyPrefix)
  const byName = (isSame: (given: string, advertised: string) => boolean): Contact[] =>
    name === undefined ? [] : contacts.filter((contact) => isSame(name.trim(), contact.name.trim()))
  const found = [
    byName((given, advertised) => given === advertised),
    byName((given, advertised) => given.toLowerCase() === advertised.toLowerCase()),
    contacts.filter(hasPrefix),
  ].find((candidates) => candidates.length > 0) ?? []
  const rank = (contact: Contact): number => (hasPrefix(contact) ? 2 : 0) + (contact.type === repeaterType ? 1 : 0)
  return [...found].sort((a, b) => rank(b) - rank(a) || b.lastModifiedS - a.lastModifiedS)[0] ?? null
}
