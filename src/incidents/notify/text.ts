import { describeSpan } from '../span.js'
import type { OutboxEvent } from './plan.js'
import type { Issue } from '../issue.js'
import type { Brief, MessageEvent, Severity, Summary } from './message.js'

const told: Record<OutboxEvent, string> = { opened: 'opened', escalated: 'got worse', closed: 'closed', reminder: 'still open' }

/** `Critical: Packet loss: a → b`, `Closed: …`. */
export function headline (event: MessageEvent, severity: Severity, title: string): string {
  const level = `${severity.charAt(0).toUpperCase()}${severity.slice(1)}`
  switch (event) {
    case 'closed': return `Closed: ${title}`
    case 'escalated': return `Now ${severity}: ${title}`
    case 'reminder': return `Still ${severity}: ${title}`
    default: return `${level}: ${title}`
  }
}

export interface Described {
  event: OutboxEvent
  issue: Issue
  affected: Brief[]
  affectedCount: number
  url: string | null
}

/** What a person reads of one issue: why, since when, whom it hits, what to do. */
export function describeIssue ({ event, issue, affected, affectedCount, url }: Described): string {
  const { cause, impact, next_steps: steps } = issue
  const routes = typeof impact.routes === 'number' ? impact.routes : 0
  const isOver = event === 'closed'
  return [
    cause,
    isOver ? describeEnd(issue) : `Since ${describeTime(issue.started_at)}.`,
    !isOver && routes > 0 ? `Paths hit: ${count(routes)}.` : null,
    affectedCount > 0 ? `It also explains ${count(affectedCount)} ${affectedCount === 1 ? 'issue' : 'issues'}:\n${list(affected, affectedCount)}` : null,
    !isOver && steps.length > 0 ? `What to do:\n${steps.map((step) => `- ${step}`).join('\n')}` : null,
    url,
  ].filter((line) => line !== null).join('\n')
}

/** Title and text of a message in place of many. */
export function describeSummary ({ issues, events, groups, causes, nodes }: Summary, url: string | null): { title: string, text: string } {
  const counts = Object.entries(events) as Array<[OutboxEvent, number]>
  const title = counts.length === 1 && counts[0] !== undefined
    ? `${count(issues)} issues ${told[counts[0][0]]}`
    : `${count(issues)} issues: ${counts.map(([event, n]) => `${count(n)} ${told[event]}`).join(', ')}`
  const text = [
    ...groups.map((group) => `${count(group.count)} ${group.kind} ${told[group.event]}, worst ${group.worst}:\n${list(group.first.map((title) => ({ title })), group.count)}`),
    causes.length > 0 ? `Look at these first:\n${causes.map(({ title, severity }) => `- ${title} (${severity})`).join('\n')}` : null,
    nodes.length > 0 ? `Named most often: ${nodes.map(({ node, count: n }) => `${node} (${count(n)})`).join(', ')}.` : null,
    url,
  ].filter((line) => line !== null).join('\n')
  return { title, text }
}

/** At most so many characters, none of them cut in two. */
export function clip (text: string, characters: number): string {
  const all = [...text]
  return all.length <= characters ? text : `${all.slice(0, characters - 1).join('')}…`
}

/** At most so many bytes of UTF-8, no character cut in two. */
export function clipBytes (text: string, bytes: number): string {
  if (Buffer.byteLength(text) <= bytes) return text
  let room = bytes - Buffer.byteLength('…')
  let kept = ''
  for (const character of text) {
    room -= Buffer.byteLength(character)
    if (room < 0) break
    kept += character
  }
  return `${kept}…`
}

function list (items: Array<{ title: string }>, total: number): string {
  const shown = items.slice(0, 10)
  const more = total - shown.length
  return [...shown.map(({ title }) => `- ${title}`), ...(more > 0 ? [`- and ${count(more)} more`] : [])].join('\n')
}

const endings: Readonly<Record<string, string>> = {
  recovered: 'It recovered', no_data: 'Nothing was heard of it for a day', manual: 'Closed by hand', retired: 'Retired',
}

function describeEnd ({ started_at: started, ended_at: ended, resolution }: Issue): string {
  const how = endings[resolution ?? ''] ?? 'Closed'
  return ended === null ? `${how}.` : `${how}: ${describeTime(started)} to ${describeTime(ended)}, ${describeSpan(Date.parse(ended) - Date.parse(started))}.`
}

function describeTime (rfc3339: string): string {
  return `${rfc3339.slice(0, 10)} ${rfc3339.slice(11, 16)} UTC`
}

function count (n: number): string {
  return n.toLocaleString('en-US')
}
