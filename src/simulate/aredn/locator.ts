/** Maidenhead locator of six characters, as a node shows it: `JN47gj`. */
export function locatorOf (lat: number, lon: number): string {
  const letter = (code: number, value: number): string => String.fromCharCode(code + Math.floor(value))
  const [east, north] = [lon + 180, lat + 90]
  return `${letter(65, east / 20)}${letter(65, north / 10)}${Math.floor(east % 20 / 2)}${Math.floor(north % 10)}${letter(97, east % 2 * 12)}${letter(97, north % 1 * 24)}`
}
