import type { Seen, Transition } from './scenario-engine.js'
import { formatSpan, parseSpan } from './scenario-notation.js'
import type { Expected } from './scenario.js'

export interface Check { atMs: number, subjects: Record<string, string | Expected> }

export interface Compared { expected: string[], seen: string[] }

interface Frame { startMs: number, rules: string[] }

/** A line for each subject the check names, and one for each incident not closed that it does not name. */
export function compareCheck ({ atMs, subjects }: Check, all: Seen[], { startMs, rules }: Frame): Compared {
  const compared: Compared = { expected: [], seen: [] }
  const named = new Set<string>()
  for (const [key, wish] of Object.entries(subjects)) {
    const full = withRule(key, rules)
    named.add(full)
    const expected = typeof wish === 'string' ? { is: wish } : wish
    const seen = all.filter(({ rule, subject }) => `${rule} ${subject}` === full)
    const text = describeExpected(expected)
    const line = `${formatSpan(atMs)} ${full}: `
    compared.expected.push(line + text)
    compared.seen.push(line + (isAsExpected(expected, seen, startMs) ? text : describeSeen(expected, seen, startMs)))
  }
  for (const one of all) {
    const full = `${one.rule} ${one.subject}`
    if (!named.has(full) && (one.state === 'open' || one.state === 'closing')) compared.seen.push(`${formatSpan(atMs)} ${full}: ${wordsOf(one).join(' ')}`)
  }
  return compared
}

/** Every state a subject went through, as `clear pending open closed`. */
export function compareJournal (wishes: Record<string, string>, transitions: Transition[], rules: string[]): Compared {
  const compared: Compared = { expected: [], seen: [] }
  for (const [key, wish] of Object.entries(wishes)) {
    const full = withRule(key, rules)
    const seen = transitions.filter(({ rule, subject }) => `${rule} ${subject}` === full).map(({ to }) => to)
    compared.expected.push(`journal of ${full}: ${wish.trim().split(/\s+/).join(' ')}`)
    compared.seen.push(`journal of ${full}: ${seen.join(' ')}`)
  }
  return compared
}

/** A subject alone is one of the first rule. */
function withRule (key: string, rules: string[]): string {
  const [first = ''] = key.split(' ')
  return rules.includes(first) && key !== first ? key : `${rules[0]} ${key}`
}

function isAsExpected (expected: Expected, all: Seen[], startMs: number): boolean {
  if (expected.is === 'none') return all.length === 0
  const newest = newestOf(all)
  if (newest === undefined) return false
  const { started, ended, cause, next, evidence, caused_by: causedBy } = expected
  return expected.is.split(/\s+/).every((word) => wordsOf(newest).includes(word)) && (newest.stale === expected.is.includes('stale') || newest.state === 'closed') &&
    (started === undefined || newest.startedMs === startMs + parseSpan(started)) &&
    (ended === undefined || newest.endedMs === startMs + parseSpan(ended)) &&
    (cause === undefined || newest.cause?.includes(cause) === true) &&
    (next === undefined || newest.next.some((step) => step.includes(next))) &&
    (evidence === undefined || Object.entries(evidence).every(([key, value]) => JSON.stringify(newest.evidence?.[key]) === JSON.stringify(value))) &&
    (causedBy === undefined || newest.causedBy === causedBy)
}

/** What is not closed, else what is pending, else what closed last. */
function newestOf (all: Seen[]): Seen | undefined {
  return all.find(({ state }) => state === 'open' || state === 'closing') ?? all.find(({ state }) => state === 'pending') ?? all.at(-1)
}

function wordsOf ({ state, severity, stale, resolution }: Seen): string[] {
  return [state, severity, stale ? 'stale' : null, resolution].filter((word) => word !== null)
}

function describeExpected ({ is, ...rest }: Expected): string {
  return [is, ...Object.entries(rest).map(([key, value]) => `${key} ${typeof value === 'object' ? JSON.stringify(value) : value}`)].join(', ')
}

function describeSeen (expected: Expected, all: Seen[], startMs: number): string {
  const newest = newestOf(all)
  if (newest === undefined) return 'none'
  const parts = [wordsOf(newest).join(' ')]
  if (expected.is === 'none') return parts.join()
  if (expected.started !== undefined) parts.push(`started ${newest.startedMs === null ? '-' : formatSpan(newest.startedMs - startMs)}`)
  if (expected.ended !== undefined) parts.push(`ended ${newest.endedMs === null ? '-' : formatSpan(newest.endedMs - startMs)}`)
  if (expected.cause !== undefined) parts.push(`cause ${newest.cause}`)
  if (expected.next !== undefined) parts.push(`next ${newest.next.join(' / ')}`)
  if (expected.evidence !== undefined) parts.push(`evidence ${JSON.stringify(newest.evidence)}`)
  if (expected.caused_by !== undefined) parts.push(`caused_by ${newest.causedBy}`)
  return parts.join(', ')
}
