export type UnitSystem = 'metric' | 'imperial'

/** A unit that people elsewhere measure in: shown = value × factor + offset. */
interface Conversion { unit: string, factor: number, offset: number, digits: number }

const imperial: Readonly<Record<string, Conversion>> = {
  '°C': { unit: '°F', factor: 1.8, offset: 32, digits: 1 },
  hPa: { unit: 'inHg', factor: 1 / 33.8638866667, offset: 0, digits: 2 },
  m: { unit: 'ft', factor: 1 / 0.3048, offset: 0, digits: 0 },
}

/** How a value of a unit is shown in a system of units; undefined: as it is. */
export function conversionTo (system: UnitSystem, unit: string): Conversion | undefined {
  return system === 'imperial' && Object.hasOwn(imperial, unit) ? imperial[unit] : undefined
}

/** By decimals. To make one takes longer than to draw a sparkline. */
const numberFormats = [0, 1, 2, 3, 4].map((digits) => new Intl.NumberFormat('en-US', { minimumFractionDigits: digits, maximumFractionDigits: digits }))

/** A number with so many decimals, four at most, thousands parted. */
export function formatNumber (value: number, digits: number): string {
  return (numberFormats[digits] ?? numberFormats.at(-1))!.format(value).replace(/^-(?=[0.,]*$)/, '').replace('-', '−')
}

/** The same with the unit's sign behind it. */
export function formatValue (value: number, { digits, unit }: { digits: number, unit: string }): string {
  return `${formatNumber(value, digits)}${unitSuffix(unit)}`
}

/** A unit as it follows a number. */
export function unitSuffix (unit: string): string {
  if (unit === '') return ''
  return ['%', 'd', '°'].includes(unit) || unit.startsWith('/') ? unit : ` ${unit}`
}
