import type { ReplayedIncident } from '../../src/rules/replay-ledger.js'
import type { FaultTruth, Truth } from '../../src/simulate/truth.js'

/** How the incidents found compare to what was known to be wrong. */
export interface Judgement {
  /** Faults whose rule can hold, and those of them that were found. */
  detectable: number
  found: number
  incidents: number
  missed: FaultTruth[]
  /** Incidents that nothing that was wrong explains. */
  unexplained: ReplayedIncident[]
  /** From the moment its rule can hold to the opening, seconds, one for each fault found. */
  delaysS: number[]
}

/** What follows a fault may begin this long after its end: windows on their way, the rest of a span that a rule looks back over. */
const tailMs = 60_000

export function judge (truth: Truth, incidents: ReplayedIncident[]): Judgement {
  const detectable = truth.faults.filter(({ detectable_at: at }) => at !== null)
  const delaysS: number[] = []
  const missed: FaultTruth[] = []
  for (const fault of detectable) {
    const found = incidents.filter(({ kind, subject, ...incident }) => kind === fault.rule && subject === fault.subject && overlaps(incident, fault))
    const opened = Math.min(...found.map(({ opened_at: at }) => Date.parse(at)))
    if (found.length === 0) missed.push(fault)
    else delaysS.push((opened - Date.parse(fault.detectable_at ?? '')) / 1000)
  }
  const unexplained = incidents.filter((incident) => !isStanding(truth, incident) && !truth.faults.some((fault) => explains(fault, incident)))
  return { detectable: detectable.length, found: detectable.length - missed.length, incidents: incidents.length, missed, unexplained, delaysS }
}

function explains (fault: FaultTruth, { kind, subject, ...incident }: ReplayedIncident): boolean {
  const isIts = (kind === fault.rule && subject === fault.subject) || fault.consequences.some(({ rule, subjects }) => rule === kind && subjects.includes(subject))
  return isIts && overlaps(incident, fault)
}

function isStanding ({ standing }: Truth, { kind, subject }: ReplayedIncident): boolean {
  return standing.some(({ rule, subjects }) => rule === kind && subjects.includes(subject))
}

function overlaps ({ started_at: startedAt, ended_at: endedAt }: Pick<ReplayedIncident, 'started_at' | 'ended_at'>, { start, end }: FaultTruth): boolean {
  return Date.parse(startedAt) <= Date.parse(end) + tailMs && (endedAt === null || Date.parse(endedAt) >= Date.parse(start))
}

/** One line for each fault that was missed and each incident that nothing explains, with the numbers to look into it. */
export function describeFailures ({ missed, unexplained }: Judgement): string[] {
  return [
    ...missed.map(({ rule, subject, start, end, detectable_at: at }) => `missed ${rule} ${subject}, ${start} to ${end}, can be seen from ${at}`),
    ...unexplained.map(({ kind, subject, severity, started_at: start, opened_at: opened, ended_at: end, cause, evidence }) =>
      `false ${kind} ${subject} (${severity}), started ${start}, opened ${opened}, ended ${end}: ${cause} ${JSON.stringify({ ...evidence, points: evidence['points'] instanceof Array ? evidence['points'].slice(-12) : [] })}`),
  ]
}
