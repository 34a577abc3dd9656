import type { Pool } from 'pg'
import { formatSubject } from '../../src/incidents/subject.js'
import { digests } from '../../src/rules/digests.js'
import { judgeRule, type SubjectChange } from '../../src/rules/judge-slot.js'
import { observe } from '../../src/rules/observe.js'
import type { Rule, Slot } from '../../src/rules/rule.js'
import { defaultSettings } from '../../src/rules/settings/settings.js'
import { States } from '../../src/rules/states.js'

const dayMs = 86_400_000

/** From `fromMs` to `toMs`, that far apart. */
export function slotsBetween (fromMs: number, toMs: number, stepMs: number): Slot[] {
  return Array.from({ length: Math.floor((toMs - fromMs) / stepMs) }, (_, i) => ({ sinceMs: fromMs + i * stepMs, atMs: fromMs + (i + 1) * stepMs }))
}

/** Fills the digests with all that was stored up to then, as replay does. */
export async function fillDigests (pool: Pool, atMs: number): Promise<void> {
  for (const { table, fill } of digests) {
    await pool.query(`truncate ${table}`)
    const { text, values } = fill(atMs - dayMs, atMs + 60_000, defaultSettings([]).engine)
    await pool.query(text, values)
  }
}

/** Judges stored rows by one rule, so many slots to a statement: `rule subject: from>to` of each transition, and what was seen at each. */
export async function playRule (pool: Pool, rule: Rule, slots: Slot[], batch = 1): Promise<{ changes: SubjectChange[], course: string[], states: States }> {
  const { engine: general, rules } = defaultSettings([rule])
  const active = { rule, settings: rules[rule.name]! }
  const states = new States()
  const changes: SubjectChange[] = []
  for (let i = 0; i < slots.length; i += batch) {
    const part = slots.slice(i, i + batch)
    const observations = await observe(pool, active, part, states)
    for (const { atMs } of part) changes.push(...judgeRule(active, observations.get(atMs) ?? [], states, { moment: { atMs, judgedMs: atMs, listeningMs: 0 }, general }).changes)
  }
  const course = changes.map(({ scope, from, to, atMs }) => `${formatSubject(scope)} ${from}>${to} at ${(atMs - slots[0]!.sinceMs) / 1000}`)
  return { changes, course, states }
}
