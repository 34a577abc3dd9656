/** Size of a chart and of the area that its axes enclose, in pixels. */
export const size = { width: 800, height: 280 }
export const plot = { left: 62, right: 778, top: 50, bottom: 222 }

/** To a tenth of a pixel. */
export function pixel (value: number): number {
  return Math.round(value * 10) / 10
}
