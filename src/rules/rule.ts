import type { Static, TObject } from 'typebox'
import type { Scope } from '../incidents/subject.js'

/**
 * What a rule is made of and what it answers. Every time here is a number: milliseconds since 1970, with the microseconds of the
 * database as fraction. Nothing here reads a clock or a database: a rule names its statement, the engine runs it.
 */

export const categories = ['network', 'node', 'data_quality', 'radio'] as const
export type Category = typeof categories[number]

/** From the mildest to the worst. */
export const severities = ['minor', 'major', 'critical'] as const
export type Severity = typeof severities[number]

/** A moment the engine judges: rows count as new that arrived after `sinceMs` and up to `atMs`. */
export interface Slot { atMs: number, sinceMs: number }

/**
 * A subject that has a state. One that is followed is under way or remembers something: its rows are asked for even where they are fine. Of any
 * other no more is known than that rows up to `afterMs` belong to a closed incident.
 */
export interface Watched { subject: string, scope: Scope, isFollowed: boolean, isOpen: boolean, afterMs: number | null }

export interface Statement { text: string, values: unknown[] }

/** A row of a rule's statement: the subject it is about, the slot it is for (the `atMs` of one of the slots asked for), and what was seen. */
export interface Observation<Seen> { atMs: number, scope: Scope, seen: Seen }

/** At least what tables.md asks of `evidence`; a rule adds its own fields. */
export interface Evidence {
  metric: string
  unit: string
  open: number
  clear: number
  /** Newest last, at most 60: time as RFC 3339, value; null where it was not measured. */
  points: Array<[string, number | null]>
  [key: string]: unknown
}

/** What a person reads: how bad, why, what to do, on which numbers. */
export interface Finding {
  severity: Severity
  cause: string
  nextSteps: string[]
  evidence: Evidence
}

/**
 * What a rule says of a subject, about one row (row rules) or one window (window rules). `rowMs` is the time of that row, or of the newest row in the window.
 * - match: `startedMs` is when it began.
 * - clear: `endedMs` is when it ended, where that is not `rowMs`; it does not close before `notBeforeMs`, where given.
 * - hold: neither; `run` says whether a run toward a match is under way.
 * No data is no answer at all.
 */
export type Answer =
  | { is: 'match', rowMs: number, startedMs: number, finding: Finding }
  | { is: 'clear', rowMs: number, endedMs?: number, notBeforeMs?: number, resolution?: 'recovered' | 'retired' }
  | { is: 'hold', rowMs: number, run: boolean }

/** A subject's open incident, as far as judging and folding need it. */
export interface OpenIncident {
  id: string
  startedMs: number
  openedMs: number
  /** The newest row that counted in its match. */
  newestMs: number
  finding: Finding
  stale: boolean
}

export type Phase = 'clear' | 'pending' | 'open' | 'closing'

/** All that is kept of a subject between two slots: the row of `rule_state`. `Memory` is the rule's own, plain JSON. */
export interface SubjectState<Memory = unknown> {
  scope: Scope
  phase: Phase
  /** The slot at which the phase began. */
  sinceMs: number
  /** The newest row that was judged. */
  rowMs: number | null
  /** Judged time (see `Moment`) when data last came. */
  dataJudgedMs: number
  /** Median time between the slots that brought data, of the last eight; null until there were three. */
  usualGapMs: number | null
  gaps: number[]
  incident: OpenIncident | null
  /** The run of clear rows that may close the incident. */
  clearing: { firstMs: number, newestMs: number, rows: number, endedMs: number } | null
  /** Rows up to here belong to an incident that is closed. */
  afterMs: number | null
  /** Judge again at this time, though nothing came. */
  wakeMs: number | null
  memory: Memory | null
}

/** When a slot judges. `judgedMs` counts only the time that was judged: it stands still while no collector runs and through jumps of the clock. */
export interface Moment {
  atMs: number
  judgedMs: number
  /** Silence counts from here at the earliest: the collector was not listening before (start after a pause, a jump of its clock, blindness). */
  listeningMs: number
}

/** Read-only look at what other rules know at this moment. */
export interface Lookup {
  state (rule: string, subject: string): SubjectState | undefined
  states (rule: string): Iterable<[string, SubjectState]>
}

export interface Judging<Seen, Memory, Settings> {
  /** What this slot brought for the subject, oldest first; empty where only `wakeMs` or `alsoJudge` called. */
  seen: Seen[]
  subject: string
  scope: Scope
  memory: Memory | null
  phase: Phase
  incident: OpenIncident | null
  /** Rows up to here must not count toward a match. */
  afterMs: number | null
  settings: Settings
  moment: Moment
  lookup: Lookup
}

export interface Judgement<Memory> {
  /** In the order of the rows. None: no data. */
  answers: Answer[]
  /** Null: nothing to remember. A clear subject without memory is forgotten. */
  memory: Memory | null
  wakeMs?: number | null
}

/** Settings that every rule has, beside its own numbers. */
export interface Common {
  enabled: boolean
  close_after_s: number
  close_rows: number
}

/** One rule of rules.md. Methods, so that rules of different types fit one list. */
export interface Rule<Schema extends TObject = TObject, Seen = unknown, Memory = unknown> {
  name: string
  /** A tracker: it remembers for other rules, answers nothing and is always on, with the settings of the rule named here. */
  settingsOf?: string
  category: Category
  scope: Scope['type']
  /** What its slots go by: rows by their own time and arrival, or messages by receipt alone (rule 9). */
  judgesBy: 'time' | 'receipt'
  /** What the absence of data does: an open incident goes stale and closes after a day, only closes then, or nothing (rules that judge absence itself). */
  absence: 'closes' | 'only_closes' | 'goes_on'
  /** Its section of the rules file: `Common` and its own numbers, each with description and default. */
  settings: Schema
  /** One statement for any number of slots, its rows oldest first per subject; absent where the rule only looks at what other rules know. Null: nothing to ask for now. */
  observe? (slots: Slot[], watched: Watched[], settings: Static<Schema>): Statement | null
  /** Makes a row of the statement an observation. */
  read? (row: never): Observation<Seen>
  /** Subjects to judge at this slot though nothing of them was observed. */
  alsoJudge? (moment: Moment, lookup: Lookup, settings: Static<Schema>): Iterable<Scope>
  judge (judging: Judging<Seen, Memory, Static<Schema>>): Judgement<Memory>
}
