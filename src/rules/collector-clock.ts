import { Type, type Static } from 'typebox'
import { allHeard } from './heard.js'
import { markOf } from './marks.js'
import type { Finding, Lookup, Moment, Rule, SubjectState } from './rule.js'
import { common } from './settings/common.js'
import { allSkewed, type Skewed } from './skewed.js'
import { isoOf } from './sql.js'
import { durationText } from './texts.js'

const settings = Type.Object({
  ...common({ close_after_s: 900, close_rows: 2 }),
  min_nodes: Type.Integer({ default: 3, minimum: 2, maximum: 1000, description: 'Of at least so many nodes that were heard' }),
  open_share: Type.Number({ default: 0.5, minimum: 0.1, maximum: 1, description: 'more than this part have a wrong clock: then it is the collector\'s that is wrong' }),
  window_s: Type.Integer({ default: 900, minimum: 60, maximum: 86_400, description: 'Heard means within this time (seconds)' }),
  hold_s: Type.Integer({ default: 300, minimum: 0, maximum: 86_400, description: 'Opens after one of them held this long; no longer than hold_s of clock_skew (seconds)' }),
}, { additionalProperties: false })

type Settings = Static<typeof settings>

/** Whether it is our clock that is wrong, as judged at this slot. */
interface Memory { isOurs: boolean }

/** Most nodes seem to have a wrong clock: one incident of the collector's own in place of one for each of them. */
export const collectorClock: Rule<typeof settings, never, Memory> = {
  name: 'collector_clock',
  category: 'data_quality',
  scope: 'collector',
  judgesBy: 'receipt',
  absence: 'closes',
  settings,
  alsoJudge: (_moment, lookup) => allSkewed(lookup)[Symbol.iterator]().next().done === true && lookup.state('collector_clock', 'collector') === undefined ? [] : [{ type: 'collector' }],
  judge ({ moment, lookup, incident, settings }) {
    const skewed = [...allSkewed(lookup)]
    const nodes = countNodes(skewed.map(({ node }) => node), moment, lookup, settings)
    const isOurs = nodes >= settings.min_nodes && skewed.length > settings.open_share * nodes
    const memory = skewed.length === 0 ? null : { isOurs }
    const rowMs = markOf(moment.atMs)
    if (!isOurs) return { answers: incident === null || nodes === 0 ? [] : [{ is: 'clear', rowMs }], memory }
    const isHeld = skewed.some(({ skewed }) => moment.judgedMs - skewed.judgedMs >= settings.hold_s * 1000)
    if (incident === null && !isHeld) return { answers: [], memory }
    const startedMs = Math.min(...skewed.map(({ skewed }) => skewed.startedMs))
    return { answers: [{ is: 'match', rowMs, startedMs, finding: findingOf(skewed.map(({ skewed }) => skewed), nodes, rowMs, settings) }], memory }
  },
}

export function isOurClock (lookup: Lookup): boolean {
  return (lookup.state('collector_clock', 'collector') as SubjectState<Memory> | undefined)?.memory?.isOurs === true
}

function countNodes (skewed: string[], { atMs }: Moment, lookup: Lookup, settings: Settings): number {
  const nodes = new Set(skewed)
  for (const { node, known } of allHeard(lookup)) if (known.heardMs > atMs - settings.window_s * 1000) nodes.add(node)
  return nodes.size
}

function findingOf (skewed: Skewed[], nodes: number, rowMs: number, settings: Settings): Finding {
  const skews = skewed.map(({ skewS }) => skewS).sort((a, b) => a - b)
  const skewS = skews[Math.floor(skews.length / 2)] ?? 0
  return {
    severity: 'minor',
    cause: `The messages of ${skewed.length} of ${nodes} nodes carry times about ${durationText(Math.abs(skewS) * 1000)} ${skewS > 0 ? 'behind' : 'ahead of'} the collector's clock: the collector's own clock is most likely wrong.`,
    nextSteps: ['Check the clock of the collector\'s host and the time server (NTP) it uses', 'If it is right, check the time server that the nodes use'],
    evidence: {
      metric: 'skewed_nodes', unit: '', open: Math.floor(settings.open_share * nodes) + 1, clear: Math.floor(settings.open_share * nodes),
      skewed: skewed.length, nodes, skew_s: Math.round(skewS), points: [[isoOf(rowMs), skewed.length]],
    },
  }
}
