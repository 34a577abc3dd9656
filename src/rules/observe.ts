/* eslint-disable sql/constants -- constants of the rules, with values as parameters */
import type { ClientBase, Pool } from 'pg'
import type { Observation, Slot, Watched } from './rule.js'
import type { ActiveRule } from './judge-slot.js'
import type { States } from './states.js'

/** What a rule's statement brings for some slots, by the moment they judge. */
export async function observe (db: ClientBase | Pool, { rule, settings }: ActiveRule, slots: Slot[], states: States): Promise<Map<number, Array<Observation<unknown>>>> {
  const byMoment = new Map<number, Array<Observation<unknown>>>(slots.map(({ atMs }) => [atMs, []]))
  if (rule.observe === undefined || rule.read === undefined) return byMoment
  const statement = rule.observe(slots, watchedBy(rule.name, states), settings)
  if (statement === null) return byMoment
  const { rows } = await db.query<never>(statement.text, statement.values)
  for (const row of rows) {
    const observation = rule.read(row)
    const observed = byMoment.get(observation.atMs)
    if (observed === undefined) throw new Error(`the statement of ${rule.name} answers for a slot that was not asked for: ${observation.atMs}`)
    observed.push(observation)
  }
  return byMoment
}

function watchedBy (rule: string, states: States): Watched[] {
  return [...states.states(rule)].map(([subject, { scope, phase, memory, incident, afterMs }]) =>
    ({ subject, scope, isFollowed: phase !== 'clear' || memory !== null, isOpen: incident !== null, afterMs }))
}
