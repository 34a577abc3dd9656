/** Ended so soon after it was opened, a connection was rather taken than lost. */
const BRIEF_MS = 10_000
/** Answers to another program's questions come soon after it was pushed aside. */
const FOREIGN_MS = 60_000
const WINDOW_MS = 30 * 60_000
const LOSSES_KEPT = 3

interface Loss { atMs: number, heldMs: number }

/**
 * Tells whether another program takes the radio: companion firmware serves one TCP client, the newest, and drops the older one
 * without a word (meshcore.md 4.2, point 11). A radio that was restarted or unplugged can't be opened again at once; a taken one can.
 * Times are of the monotonic clock.
 */
export class Rivals {
  #losses: Loss[] = []
  #takenMs: number | null = null
  #taken = 0

  /** After the radio's side ended a connection; `foreign`: it had brought answers to questions that were not asked here. Whether it was taken. */
  lost (loss: Loss & { foreign: boolean }): boolean {
    const { atMs, heldMs, foreign } = loss
    this.#losses = [...this.#losses.filter((other) => other.atMs > atMs - WINDOW_MS), { atMs, heldMs }].slice(-LOSSES_KEPT)
    const brief = this.#losses.filter((other) => other.heldMs < BRIEF_MS)
    const again = this.suspected(atMs)
    if (!again && !(foreign && heldMs < FOREIGN_MS) && brief.length < 2 && this.#losses.length < LOSSES_KEPT) return false
    this.#taken = again ? this.#taken + 1 : 1
    this.#takenMs = atMs
    return true
  }

  /** After the radio could not be opened: what was lost before was lost because of that. */
  away (): void {
    this.#losses = []
  }

  /** How often the radio was taken since another program is suspected. */
  get taken (): number { return this.#taken }

  suspected (atMs: number): boolean {
    return this.#takenMs !== null && this.#takenMs > atMs - WINDOW_MS
  }
}
