import type { Standing } from '../incidents/outcome.js'
import type { OpenIncident, Phase } from './rule.js'
import type { States } from './states.js'

/** The open incidents of a moment, to see later which of them changed. */
export type Snapshot = Map<string, { incident: OpenIncident, phase: Phase }>

export function snapshot (states: States): Snapshot {
  const known: Snapshot = new Map()
  for (const { state: { incident, phase } } of states.all()) if (incident !== null) known.set(incident.id, { incident, phase })
  return known
}

/** What is open now, told apart from what the snapshot had. */
export function standingAfter (states: States, known: Snapshot): Standing[] {
  const standing: Standing[] = []
  for (const { rule, subject, state: { scope, incident, phase } } of states.all()) {
    if (incident === null) continue
    const prior = known.get(incident.id)
    standing.push({ kind: rule, subject, scope, phase, incident, isChanged: prior?.incident !== incident || prior.phase !== phase })
  }
  return standing
}
