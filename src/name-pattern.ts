/** Whether a name fits a pattern in which `*` stands for any characters and `?` for one, regardless of case. */
export function fits (pattern: string, name: string): boolean {
  // Goes back to the last `*` only, so that no pattern takes longer than its length times the name's.
  const [wanted, given] = [[...pattern.toLowerCase()], [...name.toLowerCase()]]
  let at = 0
  let star: { at: number, taken: number } | null = null
  for (let i = 0; i < given.length;) {
    if (wanted[at] === '*') {
      star = { at, taken: i }
      at++
    } else if (at < wanted.length && (wanted[at] === '?' || wanted[at] === given[i])) {
      at++
      i++
    } else if (star !== null) {
      star.taken++
      at = star.at + 1
      i = star.taken
    } else return false
  }
  return wanted.slice(at).every((character) => character === '*')
}
