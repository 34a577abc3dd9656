import { accessSync, constants, readFileSync } from 'node:fs'
import { basename, join } from 'node:path'
import type { Command } from 'commander'
import t from 'tap'
import { arednCommand } from '../src/commands/aredn/command.js'
import { radioCommand } from '../src/commands/radio/command.js'
import { packageRoot } from '../src/paths.js'

const read = (name: string): string => readFileSync(join(packageRoot, 'examples', name), 'utf8')
const commands: Record<string, () => Command> = { radio: radioCommand, aredn: arednCommand }

/** Undefined where the program knows a command and its options, else what it does not know. */
function unknownIn (args: string[]): string | undefined {
  const [name = '', ...rest] = args
  const first = commands[name]?.()
  if (first === undefined) return name
  let command = first
  for (const word of rest) {
    const next: Command | undefined = command.commands.find((one) => one.name() === word)
    if (next) command = next
    else if (!command.options.some(({ long }) => long === word)) return word
  }
  return undefined
}

for (const worker of ['radio', 'aredn']) {
  t.test(`the unit of meshmon ${worker} starts a program that is there, as the user it names`, async (t) => {
    const text = read(`meshmon-${worker}.service`)
    const directives = new Map<string, string>()
    for (const line of text.split('\n').filter((line) => line !== '' && !line.startsWith('#'))) {
      t.match(line, /^(\[(Unit|Service|Install)\]|[A-Z][A-Za-z]+=\S.*)$/)
      const at = line.indexOf('=')
      if (at > 0) directives.set(line.slice(0, at), line.slice(at + 1))
    }
    const [program = '', ...args] = directives.get('ExecStart')?.split(' ') ?? []
    t.match(program, /^\/opt\/meshmon\//)
    accessSync(join(packageRoot, basename(program)), constants.X_OK)
    t.equal(unknownIn(args), undefined)
    t.same(args, [worker])
    t.match(text, `useradd --system ${worker === 'radio' ? '--groups dialout ' : ''}${directives.get('User')}`)
    t.match(directives.get('Environment'), `DATA_DIR=/var/lib/${directives.get('StateDirectory')}`)
    for (const name of ['Description', 'WorkingDirectory', 'Restart', 'TimeoutStopSec', 'WantedBy']) t.ok(directives.has(name), name)
  })
}

t.test('the lines for cron run commands that there are', async (t) => {
  const lines = read('radio.cron').split('\n').filter((line) => line !== '' && !line.startsWith('#'))
  const [variable, ...jobs] = lines
  t.match(variable, /^MESHMON=\/opt\/meshmon$/)
  t.equal(jobs.length, 2)
  for (const job of jobs) {
    const [, times = '', line = ''] = /^((?:[\d*,/-]+ ){5})(.+)$/.exec(job) ?? []
    t.match(times, /^[\d*]/)
    const [, args = ''] = /^cd \$MESHMON && \.\/meshmon (.+)$/.exec(line) ?? []
    t.match(args, /^radio once --/)
    t.equal(unknownIn(args.split(' ')), undefined)
  }
  t.equal(unknownIn(['radio', 'once', '--often']), '--often')
})
