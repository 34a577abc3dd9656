import { judgeRule, type SubjectChange } from '../../src/rules/judge-slot.js'
import type { Observation } from '../../src/rules/rule.js'
import { activeRules, defaultSettings } from '../../src/rules/settings/settings.js'
import { States } from '../../src/rules/states.js'

export interface Slot { atMs: number, listeningMs?: number, seen?: Record<string, Record<string, unknown[]>> }

/** Judges slots without a database: what the rules' statements would bring is given, by rule and node. Judged time counts 10 s a slot. */
export class RulesOnly {
  readonly states = new States()
  readonly #names: string[]
  #slots = 0

  constructor (names: string[]) { this.#names = names }

  judge ({ atMs, listeningMs = 0, seen = {} }: Slot): SubjectChange[] {
    this.#slots++
    const { rules, engine: general } = defaultSettings()
    const active = activeRules({ engine: general, rules }).filter(({ rule }) => rule.settingsOf !== undefined || this.#names.includes(rule.name))
    return active.flatMap((one) => {
      const observations: Array<Observation<unknown>> = Object.entries(seen[one.rule.name] ?? {}).flatMap(([node, rows]) => rows.map((row) => ({ atMs, scope: { type: 'node', node }, seen: row })))
      return judgeRule(one, observations, this.states, { moment: { atMs, judgedMs: this.#slots * 10_000, listeningMs }, general }).changes
    })
  }

  /** `subject: from>to` of each change. */
  moves (slot: Slot): string[] {
    return this.judge(slot).map(({ rule, subject, from, to }) => `${rule} ${subject}: ${from}>${to}`)
  }
}
