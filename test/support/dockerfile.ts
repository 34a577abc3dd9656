/** One instruction of a Dockerfile, its continuation lines joined. */
interface Instruction { name: string, rest: string }

export interface Stage {
  /** Name after `as`, or ''. */
  name: string
  /** What COPY brings: from the repository, or from another stage. */
  copies: { from: string | null, sources: string[], target: string }[]
  /** The last CMD and the HEALTHCHECK's, in their list form. */
  cmd: string[]
  healthcheck: string[]
  instructions: Instruction[]
}

/** Reads as much of a Dockerfile as ours uses: FROM … AS, COPY [--from=], CMD and HEALTHCHECK … CMD as lists. */
export function readDockerfile (text: string): Stage[] {
  const stages: Stage[] = []
  for (const instruction of instructionsOf(text)) {
    if (instruction.name === 'FROM') {
      stages.push({ name: / as (\S+)/i.exec(instruction.rest)?.[1] ?? '', copies: [], cmd: [], healthcheck: [], instructions: [] })
    }
    const stage = stages.at(-1)
    if (!stage) throw new Error('a Dockerfile starts with FROM')
    stage.instructions.push(instruction)
    if (instruction.name === 'COPY') stage.copies.push(readCopy(instruction.rest))
    if (instruction.name === 'CMD') stage.cmd = readList(instruction.rest)
    if (instruction.name === 'HEALTHCHECK') stage.healthcheck = readList(instruction.rest.slice(instruction.rest.indexOf('CMD') + 3))
  }
  return stages
}

function instructionsOf (text: string): Instruction[] {
  const lines = text.replace(/^#.*\n/gm, '').replace(/\\\n\s*/g, '').split('\n').filter((line) => line.trim() !== '')
  return lines.map((line) => ({ name: line.split(' ')[0] ?? '', rest: line.slice(line.indexOf(' ') + 1) }))
}

function readCopy (rest: string): Stage['copies'][number] {
  const words = rest.split(' ')
  const from = words[0]?.startsWith('--from=') ? words.shift()?.slice('--from='.length) ?? null : null
  const target = words.pop() ?? ''
  return { from, sources: words, target }
}

function readList (text: string): string[] {
  const list: unknown = JSON.parse(text)
  if (!Array.isArray(list) || !list.every((word) => typeof word === 'string')) throw new Error(`not a list of words: ${text}`)
  return list
}
