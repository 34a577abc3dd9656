import type { Static } from 'typebox'
import { allHeard, silenceOf, usualGapS } from './heard.js'
import { markOf } from './marks.js'
import type { Lookup, Moment, Rule, SubjectState } from './rule.js'
import { silenceSettings } from './silence-settings.js'

type Settings = Static<typeof silenceSettings>

/** The last time when nothing came from anybody. */
export interface Deafness {
  /** When the last message came before it. */
  sinceMs: number
  /** The time of that message. */
  messageMs: number
  nodes: number
  /** Null while it lasts. */
  untilMs: number | null
}

export const listeningName = 'listening'

/**
 * Notes when nothing comes from any node though several that report often were heard shortly before: then it is us who do not hear.
 * Radios do not count: their worker may sit beside the collector.
 */
export const listening: Rule<typeof silenceSettings, never, Deafness> = {
  name: listeningName,
  settingsOf: 'node_silent',
  category: 'node',
  scope: 'collector',
  judgesBy: 'time',
  absence: 'goes_on',
  settings: silenceSettings,
  alsoJudge: (moment, lookup, settings) => (hear(moment, lookup, settings) === null) === isDeaf(deafnessOf(lookup)) ? [{ type: 'collector' }] : [],
  judge ({ memory, moment, lookup, settings }) {
    const deafness = hear(moment, lookup, settings)
    return { answers: [], memory: deafness ?? (memory && { ...memory, untilMs: moment.atMs }) }
  },
}

export function deafnessOf (lookup: Lookup): Deafness | null {
  return (lookup.state(listeningName, 'collector') as SubjectState<Deafness> | undefined)?.memory ?? null
}

export function isDeaf (deafness: Deafness | null): boolean {
  return deafness !== null && deafness.untilMs === null
}

/** What is known of the nodes at this moment: everything came up to the last full minute. */
function hear ({ atMs, listeningMs }: Moment, lookup: Lookup, settings: Settings): Deafness | null {
  const untilMs = markOf(atMs)
  const nodes = [...allHeard(lookup)].map(({ known }) => ({ known, heardMs: untilMs - silenceOf(known, untilMs, 0) }))
  const newest = nodes.reduce<typeof nodes[number] | null>((newest, node) => newest === null || node.heardMs > newest.heardMs ? node : newest, null)
  if (newest === null || untilMs - Math.max(newest.heardMs, listeningMs) < settings.deaf_after_s * 1000) return null
  const quick = nodes.filter(({ known, heardMs }) => heardMs > newest.heardMs - settings.deaf_span_s * 1000 && (usualGapS(known, settings) ?? Infinity) < settings.deaf_gap_s)
  if (quick.length < settings.deaf_nodes) return null
  return { sinceMs: newest.heardMs, messageMs: newest.known.messageMs, nodes: quick.length, untilMs: null }
}
