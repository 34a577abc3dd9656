import type { Static } from 'typebox'
import { formatSubject, parseSubject } from '../incidents/subject.js'
import type { NewMaintenance as Announced } from './queries/maintenance.js'
import { Refused } from './refused.js'
import type { NewMaintenance } from './schemas/maintenance.js'
import { parseTime } from './time.js'

/** Work that somebody announces, checked; refuses what makes no sense. */
export function readAnnouncement ({ subject, pattern, from, until, ...rest }: Static<typeof NewMaintenance>, nowMs: number): Announced {
  if ((subject === undefined) === (pattern === undefined)) throw new Refused(400, 'exactly one of subject and pattern is needed')
  const scope = subject === undefined ? undefined : parseSubject(subject)
  if (scope === null) throw new Refused(400, 'subject: must be a node, src>dst, a--b, a--b@medium or collector')
  const [fromMs, untilMs] = [from === undefined ? nowMs : parseTime('from', from), parseTime('until', until)]
  if (untilMs <= fromMs) throw new Refused(400, 'until: must be after from')
  if (untilMs <= nowMs) throw new Refused(400, 'until: is over already')
  return { ...rest, subject: scope === undefined ? null : formatSubject(scope), pattern: pattern ?? null, from: isoOf(fromMs), until: isoOf(untilMs) }
}

function isoOf (ms: number): string {
  return new Date(ms).toISOString()
}
