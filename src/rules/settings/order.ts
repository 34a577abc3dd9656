/** Words of a setting's name whose values have an order: clear and open thresholds, and those of rising severity. */
const ordered = [['clear', 'open'], ['open', 'major'], ['open', 'critical'], ['major', 'critical']] as const

export interface Inversion { key: string, other: string, message: string }

/**
 * Settings of one section whose names differ only in such a word (`clear_ms`, `open_ms`) and whose values stand the other way round
 * than their defaults do: what clears must not lie beyond what opens, critical not below major.
 */
export function findInversions (defaults: Record<string, unknown>, values: Record<string, unknown>): Inversion[] {
  return Object.keys(defaults).flatMap((key) => ordered.flatMap(([word, otherWord]) => {
    const parts = key.split('_')
    const other = parts.map((part) => part === word ? otherWord : part).join('_')
    const [usual, usualOther, value, valueOther] = [defaults[key], defaults[other], values[key], values[other]]
    if (!parts.includes(word) || typeof usual !== 'number' || typeof usualOther !== 'number' || typeof value !== 'number' || typeof valueOther !== 'number') return []
    const isAsUsual = usual === usualOther || (usual < usualOther ? value <= valueOther : value >= valueOther)
    return isAsUsual ? [] : [{ key, other, message: `must not be ${usual < usualOther ? 'above' : 'below'} ${other} (${valueOther}), not ${value}` }]
  }))
}
