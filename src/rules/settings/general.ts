import { Type, type Static } from 'typebox'

const integer = (initial: number, minimum: number, maximum: number, description: string) => Type.Integer({ default: initial, minimum, maximum, description })

/** The section `engine` of the rules file: numbers of rules.md that belong to no rule alone. */
export const general = Type.Object({
  first_look_back_s: integer(3600, 60, 86_400, 'The first evaluation ever reads this far back (seconds)'),
  old_after_s: integer(3600, 60, 604_800, 'An incident whose newest row is older than this when it opens is shown as stale and sends no message (seconds)'),
  stale_after_s: integer(1800, 60, 604_800, 'Without data for this long, or three times the subject\'s usual gap, an incident is stale (seconds that were judged)'),
  no_data_close_h: integer(24, 1, 720, 'Without data for this long it closes (hours that were judged)'),
  fold_wait_s: integer(90, 0, 3600, 'The opening message of a path\'s incident waits this long for its cause, so that one fault sends one message (seconds)'),
  fold_min_paths: integer(3, 2, 1000, 'So many paths to one node that lose everything have one cause: the node is down or cut off'),
  impact_every_s: integer(60, 1, 86_400, 'Impact is worked out at opening, then at this interval (seconds)'),
  impact_span_s: integer(3600, 60, 21_600, 'Impact counts the paths of this span (seconds)'),
  impact_paths: integer(50, 1, 1000, 'Paths that impact lists at most'),
  bad_jitter_ms: Type.Number({ default: 30, minimum: 0, maximum: 60_000, description: 'A window with more jitter is bad (ms)' }),
  bad_loss_pct: Type.Number({ default: 2, minimum: 0, maximum: 100, description: 'A window with more loss is bad (%)' }),
  bad_status_loss_pct: Type.Number({ default: 20, minimum: 0, maximum: 100, description: 'For rows of network_status, 10 packets each: from this loss on (%)' }),
  min_etx: Type.Number({ default: 1.25, minimum: 1, maximum: 100, description: 'The worst hop of a window is one with at least this etx' }),
  health_unknown_after_s: integer(1800, 60, 604_800, 'The state of the mesh is unknown when no node that is due was heard for this long (seconds)'),
}, { additionalProperties: false })

export type General = Static<typeof general>
