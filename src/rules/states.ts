import type { Lookup, SubjectState } from './rule.js'

/** The states of all subjects of all rules, and which of them were changed since `takeChanged`. */
export class States implements Lookup {
  readonly #byRule = new Map<string, Map<string, SubjectState>>()
  readonly #changed = new Map<string, Set<string>>()

  state (rule: string, subject: string): SubjectState | undefined {
    return this.#byRule.get(rule)?.get(subject)
  }

  states (rule: string): Iterable<[string, SubjectState]> {
    return this.#byRule.get(rule) ?? []
  }

  * all (): Iterable<{ rule: string, subject: string, state: SubjectState }> {
    for (const [rule, states] of this.#byRule) for (const [subject, state] of states) yield { rule, subject, state }
  }

  /** Null forgets the subject. */
  set (rule: string, subject: string, state: SubjectState | null): void {
    const states = getOrMake(this.#byRule, rule, () => new Map<string, SubjectState>())
    if (state === null ? !states.delete(subject) : states.get(subject) === state) return
    if (state !== null) states.set(subject, state)
    getOrMake(this.#changed, rule, () => new Set<string>()).add(subject)
  }

  /** Every subject set since the last call, with its state; null where it was forgotten. */
  takeChanged (): Array<{ rule: string, subject: string, state: SubjectState | null }> {
    const changed = [...this.#changed].flatMap(([rule, subjects]) =>
      [...subjects].map((subject) => ({ rule, subject, state: this.state(rule, subject) ?? null })))
    this.#changed.clear()
    return changed
  }
}

function getOrMake<K, V> (map: Map<K, V>, key: K, make: () => V): V {
  const known = map.get(key)
  if (known !== undefined) return known
  const made = make()
  map.set(key, made)
  return made
}
