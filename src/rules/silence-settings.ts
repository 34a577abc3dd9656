import { Type } from 'typebox'
import { common } from './settings/common.js'

const dayS = 86_400
const seconds = (initial: number, minimum: number, maximum: number, description: string) => Type.Integer({ default: initial, minimum, maximum, description: `${description} (seconds)` })
const count = (initial: number, minimum: number, maximum: number, description: string) => Type.Integer({ default: initial, minimum, maximum, description })

/** Section `node_silent`: its own numbers, and those of the trackers it goes by. */
export const silenceSettings = Type.Object({
  ...common({ close_after_s: 0, close_rows: 1 }),
  silent_s: seconds(1800, 60, 7 * dayS, 'A node is silent after this long at the earliest'),
  usual_gaps: Type.Number({ default: 3, minimum: 1, maximum: 100, description: 'And after this many times its usual gap' }),
  same_message_s: seconds(10, 0, 600, 'A message less than this after the last counted one counts as the same'),
  gaps: count(20, 3, 50, 'The usual gap is the median of so many gaps between regular messages'),
  min_gaps: count(5, 1, 50, 'Fewer gaps than this tell nothing'),
  gaps_span_s: seconds(7 * dayS, 3600, 30 * dayS, 'Older gaps do not count'),
  retire_after_s: seconds(7 * dayS, 3600, 7 * dayS, 'Silent this long, a node is retired: the incident closes and comes back only once it was heard'),
  major_span_s: seconds(3600, 60, dayS, 'A node that was a hop of a route in this last part of its life makes it major'),
  deaf_after_s: seconds(300, 60, dayS, 'When nothing came from any node for this long, no node is called silent'),
  deaf_nodes: count(3, 1, 1000, 'That takes so many nodes that were heard shortly before'),
  deaf_gap_s: seconds(600, 60, dayS, 'with a usual gap below this'),
  deaf_span_s: seconds(3600, 60, dayS, 'where shortly before means within this'),
}, { additionalProperties: false })
