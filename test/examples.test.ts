import { spawnSync } from 'node:child_process'
import { accessSync, constants, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { basename, join } from 'node:path'
import type { Command } from 'commander'
import t from 'tap'
import { arednCommand } from '../src/commands/aredn/command.js'
import { backupCommand } from '../src/commands/backup.js'
import { radioCommand } from '../src/commands/radio/command.js'
import { serveCommand } from '../src/commands/serve.js'
import { packageRoot } from '../src/paths.js'
import { temporaryFolder } from './support/embedded.js'

const folder = join(packageRoot, 'examples')
const read = (name: string): string => readFileSync(join(folder, name), 'utf8')
const units = readdirSync(folder).filter((name) => name.endsWith('.service')).sort()
const commands: Record<string, () => Command> = { serve: serveCommand, radio: radioCommand, aredn: arednCommand, backup: backupCommand }

/** Undefined where the program knows a command, its options and so many arguments, else what it does not know. */
function unknownIn ([name = '', ...words]: string[]): string | undefined {
  let command = commands[name]?.()
  if (command === undefined) return name
  let { operands, unknown } = command.parseOptions(words)
  for (let next = command.commands.find((one) => one.name() === operands[0]); next; next = command.commands.find((one) => one.name() === operands[0])) {
    command = next;
    ({ operands, unknown } = command.parseOptions([...operands.slice(1), ...unknown]))
  }
  return unknown[0] ?? operands[command.registeredArguments.length]
}

/** Section, name and value of each line; a name may come several times. */
function directivesOf (text: string): { section: string, name: string, value: string }[] {
  let section = ''
  return text.split('\n').filter((line) => line !== '' && !line.startsWith('#')).flatMap((line) => {
    const [, head] = /^\[(Unit|Service|Timer|Install)\]$/.exec(line) ?? []
    if (head !== undefined) section = head
    const [, name, value] = /^([A-Z][A-Za-z]+)=(\S.*)?$/.exec(line) ?? []
    if (head === undefined && name === undefined) throw new Error(`no line of a unit: ${line}`)
    return name === undefined ? [] : [{ section, name, value: value ?? '' }]
  })
}

const only = (unit: string, wanted: string): string => {
  const values = directivesOf(read(unit)).filter(({ name }) => name === wanted).map(({ value }) => value)
  if (values.length !== 1) throw new Error(`${unit} has ${values.length} lines ${wanted}=`)
  return values[0]!
}

t.test('each unit starts a command that there is, in folders that the documentation makes', async (t) => {
  const guide = readFileSync(join(packageRoot, 'docs/raspberry-pi.md'), 'utf8')
  t.same(units, ['meshmon-aredn.service', 'meshmon-backup.service', 'meshmon-radio.service', 'meshmon.service'])
  for (const unit of units) {
    const [program = '', ...args] = only(unit, 'ExecStart').split(' ')
    t.match(guide, `git clone URL_OF_THIS_REPOSITORY ${program.slice(0, -'/meshmon'.length)}\n`, `${unit}: the program is where the guide puts it`)
    accessSync(join(packageRoot, basename(program)), constants.X_OK)
    t.equal(unknownIn(args), undefined, `${unit}: ${args.join(' ')}`)
    t.equal(args[0], /^meshmon-(\w+)\.service$/.exec(unit)?.[1] ?? 'serve')
    t.match(guide, `useradd --system ${only(unit, 'User')}\n`)
    t.match(guide, `install -d ${only(unit, 'WorkingDirectory')}\n`)
    const data = `/var/lib/${only(unit, 'StateDirectory')}`
    t.match(only(unit, 'Environment').split(' '), [`DATA_DIR=${data}`])
    t.match(guide, `DATA_DIR=${data} `, 'commands by hand use the same folder')
    for (const path of args.filter((arg) => arg.startsWith('/'))) t.ok(path.startsWith(`${data}/`), `${unit} may write to ${path}`)
    t.match(guide, `examples/${unit}`)
    t.match(read(unit), unit === 'meshmon-backup.service' ? /systemctl enable --now meshmon-backup\.timer/ : `systemctl enable --now ${basename(unit, '.service')}\n`)
  }
  t.equal(unknownIn(['backup', '--often', '/x/']), '--often')
  t.equal(unknownIn(['backup', '/x/', '/y/']), '/y/')
})

t.test('what is enabled is started by something, and what must run always is started again', async (t) => {
  for (const unit of units) {
    const names = directivesOf(read(unit)).map(({ name }) => name)
    if (unit === 'meshmon-backup.service') t.notOk(names.includes('WantedBy'), 'its timer starts it')
    else t.same([only(unit, 'WantedBy'), only(unit, 'Restart'), names.includes('TimeoutStopSec')], ['multi-user.target', 'always', true], unit)
  }
  t.equal(only('meshmon-backup.timer', 'WantedBy'), 'timers.target')
  t.equal(only('meshmon-backup.timer', 'Persistent'), 'true')
})

t.test('every unit is confined as the collector is; the radio worker sees the serial ports besides, and no other device', async (t) => {
  const confining = /^(NoNew|Protect|Private|Restrict|Lock|Remove|UMask|Capability|Ambient|SystemCall|Device|StateDirectoryMode|ReadWrite|MemoryDeny)/
  const confinement = (unit: string) => directivesOf(read(unit)).filter(({ name }) => confining.test(name)).map(({ name, value }) => `${name}=${value}`).sort()
  const ofCollector = confinement('meshmon.service')
  t.ok(ofCollector.length >= 20)
  t.same(confinement('meshmon-aredn.service'), ofCollector)
  t.same(confinement('meshmon-backup.service'), ofCollector)
  const ofRadio = confinement('meshmon-radio.service')
  t.same(ofCollector.filter((line) => !ofRadio.includes(line)), ['PrivateDevices=yes'])
  t.same(ofRadio.filter((line) => !ofCollector.includes(line)), ['DeviceAllow=char-ttyACM rw', 'DeviceAllow=char-ttyAMA rw', 'DeviceAllow=char-ttyS rw', 'DeviceAllow=char-ttyUSB rw', 'DevicePolicy=closed'])
  t.equal(only('meshmon-radio.service', 'SupplementaryGroups'), 'dialout')
})

/** What systemd-analyze says, begun with "failed" where its exit code is not 0. */
function analyze (...args: string[]): string {
  const { status, stdout, stderr, error } = spawnSync('systemd-analyze', args, { encoding: 'utf8' })
  return `${status === 0 ? '' : 'failed: '}${error?.message ?? ''}${stderr ?? ''}${stdout ?? ''}`
}

const verify = (path: string): string => analyze('verify', '--man=no', '--recursive-errors=no', path)
const rate = (path: string): string => analyze('security', '--offline=true', '--threshold=30', path)

t.test('systemd finds nothing wrong with the units', async (t) => {
  const copies = temporaryFolder(t)
  const write = (name: string, text: string): string => {
    writeFileSync(join(copies, name), text)
    return join(copies, name)
  }
  // In a container it may be there and not work; versions before 250 don't know these options.
  const harmless = write('harmless.service', '[Service]\nExecStart=/bin/true\nDynamicUser=yes\n')
  const unable = [verify(harmless), analyze('security', '--offline=true', harmless)].find((said) => said.startsWith('failed'))
  await t.test(`systemd-analyze reads them${unable === undefined ? '' : ` (it does not work here: ${unable.trim().split('\n')[0]})`}`, { skip: unable !== undefined }, async (t) => {
    for (const name of readdirSync(folder).filter((one) => /\.(service|timer)$/.test(one))) write(name, read(name).replace('/opt/meshmon/', `${packageRoot}/`))
    for (const name of readdirSync(copies)) t.notMatch(verify(join(copies, name)), new RegExp(`^failed|${name}`, 'm'), name)
    for (const unit of units) t.notMatch(rate(join(copies, unit)), /^failed/, `${unit} is exposed below 3 of 10`)
    const wrong = write('wrong.service', '[Service]\nExecStart=/nowhere\n')
    t.match(verify(wrong), /^failed: .*\/nowhere/)
    t.match(rate(wrong), /^failed/)
  })
})

t.test('every example that the documentation names is there', async (t) => {
  const pages = ['README.md', ...readdirSync(join(packageRoot, 'docs')).filter((name) => name.endsWith('.md')).map((name) => `docs/${name}`)]
  const named = pages.flatMap((page) => [...readFileSync(join(packageRoot, page), 'utf8').matchAll(/examples\/[\w./-]*\w/g)].map(([path]) => path))
  t.ok(named.length >= 10)
  for (const path of new Set(named)) t.doesNotThrow(() => accessSync(join(packageRoot, path)), path)
})

t.test('the lines for cron run commands that there are', async (t) => {
  const linesOf = (name: string): string[] => read(name).split('\n').filter((line) => line !== '' && !line.startsWith('#'))
  const [variable, ...polls] = linesOf('radio.cron')
  t.match(variable, /^MESHMON=\/opt\/meshmon$/)
  const backups = linesOf('backup.cron')
  t.same([polls.length, backups.length], [2, 1])
  for (const [job, wanted] of [...polls.map((job) => [job, /^radio once --/] as const), ...backups.map((job) => [job, /^backup --keep 14 \//] as const)]) {
    const [, times = '', line = ''] = /^((?:[\d*,/-]+ ){5})(.+)$/.exec(job) ?? []
    t.match(times, /^[\d*]/)
    const [, args = ''] = /^cd (?:\$MESHMON|\/opt\/meshmon) && \.\/meshmon (.+?)(?: >\/dev\/null)?$/.exec(line) ?? []
    t.match(args, wanted)
    t.equal(unknownIn(args.split(' ')), undefined)
  }
  t.equal(unknownIn(['radio', 'once', '--often']), '--often')
})
