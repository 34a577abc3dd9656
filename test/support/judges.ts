import type { HopResult } from '../../src/simulate/agents.js'

const minute = 60_000

export interface JudgedWindow { at: number, jitter: number | null, loss: number, list: string, tens: boolean }

/** Rules 2, 3 and 4 of one path. */
export class PathJudge {
  #windows: JudgedWindow[] = []

  /** The rules that hold with this window. */
  window (window: JudgedWindow): string[] {
    const newest = this.#windows.at(-1)
    // Each network_status repeats its last 20 probes.
    if (newest !== undefined && window.at <= newest.at) return []
    this.#windows.push(window)
    if (this.#windows.length > 40) this.#windows = this.#windows.slice(-20)
    const rules: string[] = []
    if (this.#jitter()) rules.push('jitter_burst')
    if (window.tens ? this.#lossOfTens() : this.#loss()) rules.push('loss_spike')
    if (!window.tens && this.#flaps()) rules.push('route_flapping')
    return rules
  }

  #within (span: number): JudgedWindow[] {
    const newest = this.#windows.at(-1)?.at ?? 0
    return this.#windows.filter(({ at }) => at > newest - span)
  }

  #jitter (): boolean {
    const bad = this.#windows.slice(-8).filter(({ jitter }) => jitter !== null).map(({ jitter }) => (jitter ?? 0) > 30)
    return bad.at(-1) === true && ((bad.length >= 3 && bad.slice(-3).every(Boolean)) || bad.filter(Boolean).length >= 5)
  }

  #loss (): boolean {
    const bad = this.#windows.slice(-8).map(({ loss }) => loss > 2)
    if (bad.at(-1) === true && ((bad.length >= 2 && bad.at(-2) === true) || bad.filter(Boolean).length >= 4)) return true
    const recent = this.#within(10 * minute)
    const span = (recent.at(-1)?.at ?? 0) - (recent[0]?.at ?? 0)
    return recent.length >= 3 && span >= 8 * minute && recent.every(({ loss }) => loss > 1)
  }

  #lossOfTens (): boolean {
    const last = this.#windows.slice(-10)
    if (last.length >= 2 && last.slice(-2).every(({ loss }) => loss === 100)) return true
    return last.length >= 5 && last.reduce((sum, { loss }) => sum + loss, 0) / last.length >= 8
  }

  #flaps (): boolean {
    const known = this.#windows.filter(({ list }) => list !== '' && list !== 'unknown')
    const newest = this.#windows.at(-1)?.at ?? 0
    const recent = known.filter(({ at }) => at > newest - 5 * minute)
    const distinct = (windows: JudgedWindow[]): number => new Set(windows.map(({ list }) => list)).size
    if (distinct(recent) >= 3) return true
    if (recent.length >= 5) return false
    const last = known.slice(-8).filter(({ at }) => at > newest - 360 * minute)
    const changes = last.filter(({ list }, place) => place > 0 && list !== last[place - 1]?.list).length
    return distinct(last) >= 3 && changes >= 4
  }
}

interface LinkRow { at: number, lq: number, nlq: number, etx: number }

/** Rules 1 and 5 of one link. Sums run along, since a busy link has thousands of rows an hour. */
export class LinkJudge {
  readonly subject: string
  readonly #a: string
  readonly #now = new RowSpan()
  readonly #hour = new RowSpan()
  readonly #last: LinkRow[] = []
  readonly #ever = { etx: 0, count: 0 }
  #bad: { at: number, path: string }[] = []

  constructor (subject: string, a: string) {
    this.subject = subject
    this.#a = a
  }

  row (at: number, { hop, l2: { lq, nlq, etx } }: HopResult): void {
    const row = hop.from === this.#a ? { at, lq, nlq, etx } : { at, lq: nlq, nlq: lq, etx }
    this.#now.add(row)
    for (const old of this.#now.dropUntil(at - 10 * minute)) this.#hour.add(old)
    this.#hour.dropUntil(at - 70 * minute)
    this.#last.push(row)
    if (this.#last.length > 9) this.#last.shift()
    this.#ever.etx += etx
    this.#ever.count++
  }

  dropped (at: number): boolean {
    const few = this.#now.count < 3
    const now = few ? this.#last.slice(-3).filter((row) => row.at > at - 30 * minute) : null
    if (now !== null && now.length < 3) return false
    const mean = now === null ? this.#now.mean() : meanOf(now)
    const before = this.#hour.count >= 3 && now === null ? this.#hour.mean().etx : meanOf(this.#last.slice(0, -3)).etx
    if (this.#hour.count < 3 && this.#last.length < 6) return false
    const baseline = Math.min(before, this.#ever.etx / this.#ever.count)
    return (mean.lq < 0.7 || mean.nlq < 0.7) && mean.etx > 1.2 * baseline
  }

  /** A bad window of which this link is the worst hop. */
  bottleneck (at: number, path: string): boolean {
    this.#bad = [...this.#bad, { at, path }].filter((bad) => bad.at > at - 30 * minute)
    return this.#bad.length >= 5 && new Set(this.#bad.map(({ path }) => path)).size >= 2
  }
}

function meanOf (rows: LinkRow[]): { lq: number, nlq: number, etx: number } {
  const span = new RowSpan()
  for (const row of rows) span.add(row)
  return span.mean()
}

class RowSpan {
  count = 0
  #rows: LinkRow[] = []
  #first = 0
  readonly #sum = { lq: 0, nlq: 0, etx: 0 }

  add (row: LinkRow): void {
    this.#rows.push(row)
    this.#move(row, 1)
  }

  dropUntil (time: number): LinkRow[] {
    const dropped: LinkRow[] = []
    for (let row = this.#rows[this.#first]; row !== undefined && row.at <= time; row = this.#rows[this.#first]) {
      dropped.push(row)
      this.#move(row, -1)
      this.#first++
    }
    if (this.#first > 1000) {
      this.#rows = this.#rows.slice(this.#first)
      this.#first = 0
    }
    return dropped
  }

  mean (): { lq: number, nlq: number, etx: number } {
    return { lq: this.#sum.lq / this.count, nlq: this.#sum.nlq / this.count, etx: this.#sum.etx / this.count }
  }

  #move ({ lq, nlq, etx }: LinkRow, sign: 1 | -1): void {
    this.count += sign
    this.#sum.lq += sign * lq
    this.#sum.nlq += sign * nlq
    this.#sum.etx += sign * etx
  }
}
