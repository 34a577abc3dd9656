import type { Box } from './projection.js'

/** A name to be drawn beside a node. Those that come first get the better places. */
export interface Name { id: string, x: number, y: number, text: string }

/** Beside which side of its node, in em of the map's letters; `zoom`: at which magnification it first fits. */
export interface Label { zoom: number, dx: number, dy: number, anchor: 'start' | 'middle' | 'end' }

export const zooms = [1, 2, 4, 8] as const

const sides = [
  { dx: 0.75, dy: 0.35, anchor: 'start' }, { dx: -0.75, dy: 0.35, anchor: 'end' }, { dx: 0, dy: -1, anchor: 'middle' }, { dx: 0, dy: 1.6, anchor: 'middle' },
  { dx: 0.5, dy: -0.4, anchor: 'start' }, { dx: 0.5, dy: 1.1, anchor: 'start' }, { dx: -0.5, dy: -0.4, anchor: 'end' }, { dx: -0.5, dy: 1.1, anchor: 'end' },
] as const

/** Of a line of letters about its baseline, and of a character: capitals and digits, wide ones of East Asia. */
const ascent = 0.85
const descent = 0.25
const characterWidth = 0.66
const wideWidth = 1.1
const band = 32

/**
 * Finds a place for each name where it covers no node, no mark and no other name. Letters keep their size on the screen while the map is
 * magnified, so names that don't fit at first fit later; those that never do are absent.
 */
export function placeLabels (names: readonly Name[], { obstacles, fontSize, bounds }: { obstacles: readonly Obstacle[], fontSize: number, bounds: Box }): Map<string, Label> {
  const labels = new Map<string, Label>()
  for (const zoom of zooms) {
    const em = fontSize / zoom
    const taken = createBands()
    for (const { x, y, radius } of obstacles) taken.add({ left: x - radius * em, right: x + radius * em, top: y - radius * em, bottom: y + radius * em })
    for (const name of names) {
      const label = labels.get(name.id)
      if (label !== undefined) taken.add(boxOf(name, label, em))
    }
    for (const name of names) {
      if (labels.has(name.id)) continue
      const side = sides.find((side) => {
        const box = boxOf(name, side, em)
        return box.left >= bounds.left && box.right <= bounds.right && box.top >= bounds.top && box.bottom <= bounds.bottom && !taken.covers(box)
      })
      if (side === undefined) continue
      taken.add(boxOf(name, side, em))
      labels.set(name.id, { zoom, ...side })
    }
  }
  return labels
}

/** Something round that no name may cover; its radius in em. */
export interface Obstacle { x: number, y: number, radius: number }

export function boxOf ({ x, y, text }: Name, { dx, dy, anchor }: Pick<Label, 'dx' | 'dy' | 'anchor'>, em: number): Box {
  const width = widthOf(text) * em
  const start = x + dx * em - (anchor === 'start' ? 0 : anchor === 'end' ? width : width / 2)
  return { left: start, right: start + width, top: y + (dy - ascent) * em, bottom: y + (dy + descent) * em }
}

function widthOf (text: string): number {
  return [...text].reduce((sum, character) => sum + ((character.codePointAt(0) ?? 0) >= 0x1100 ? wideWidth : characterWidth), 0)
}

/** Boxes, found by the horizontal bands they lie in. */
function createBands () {
  const bands = new Map<number, Box[]>()
  const touched = ({ top, bottom }: Box) => Array.from({ length: Math.floor(bottom / band) - Math.floor(top / band) + 1 }, (_, i) => Math.floor(top / band) + i)
  return {
    add (box: Box): void {
      for (const row of touched(box)) {
        const boxes = bands.get(row)
        if (boxes === undefined) bands.set(row, [box])
        else boxes.push(box)
      }
    },
    covers (box: Box): boolean {
      return touched(box).some((row) => bands.get(row)?.some((other) => box.left < other.right && other.left < box.right && box.top < other.bottom && other.top < box.bottom))
    },
  }
}
