/** A report as JSON text: at most four decimals. */
export function reportJson (report: object): string {
  return `${JSON.stringify(report, (_, value: unknown) => typeof value === 'number' ? Math.round(value * 10_000) / 10_000 : value, 2)}\n`
}
