/** What the engine tells people of. A return from closing to open is none of them. */
export type Transition = 'opened' | 'escalated' | 'closed'

/**
 * Whether a transition is put into the outbox at all. Nothing is told of an incident in maintenance, nor of the opening of one that is history
 * already. What else keeps a message back (an opening that was never told, a cause, a short life) is decided when it is due.
 */
export function wantsMessage ({ stale, inMaintenance }: { stale: boolean, inMaintenance: boolean }, event: Transition): boolean {
  return !inMaintenance && !(event === 'opened' && stale)
}
