import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { analyse, type ParsedLiteral } from 'scslre'
import t from 'tap'
import ts from 'typescript'
import { packageRoot } from '../src/paths.js'

interface Found { place: string, source: string, flags: string }

/** Every regular expression of a source file, and every `pattern` of a schema, which Ajv compiles with the flag u. */
function patternsIn (file: string, text: string): { patterns: Found[], built: string[] } {
  const tree = ts.createSourceFile(file, text, ts.ScriptTarget.Latest, true)
  const [patterns, built]: [Found[], string[]] = [[], []]
  const visit = (node: ts.Node): void => {
    const place = `${file}:${tree.getLineAndCharacterOfPosition(node.getStart()).line + 1}`
    if (ts.isRegularExpressionLiteral(node)) {
      const end = node.text.lastIndexOf('/')
      patterns.push({ place, source: node.text.slice(1, end), flags: node.text.slice(end + 1) })
    } else if (ts.isPropertyAssignment(node) && node.name.getText() === 'pattern') {
      if (ts.isStringLiteralLike(node.initializer)) patterns.push({ place, source: node.initializer.text, flags: 'u' })
      if (ts.isTemplateExpression(node.initializer)) built.push(file)
    } else if ((ts.isNewExpression(node) || ts.isCallExpression(node)) && node.expression.getText() === 'RegExp') built.push(file)
    ts.forEachChild(node, visit)
  }
  visit(tree)
  return { patterns, built }
}

/** Repeated choices whose parts begin with different characters, by eye: the analysis does not compare them. */
const clearChoices = ['(?:[^"]|"")*']

/** Why some text would take time that grows faster than its length, or nothing. */
function slowness ({ source, flags }: Pick<Found, 'source' | 'flags'>): string[] {
  const { reports, parsed } = analyse({ source, flags })
  const choices = repeatedChoices(parsed.pattern).filter((choice) => !clearChoices.includes(choice)).map((choice) => `perhaps exponential (${choice})`)
  return [...reports.map(({ type, exponential }) => `${exponential ? 'exponential' : 'quadratic'} (${type})`), ...choices]
}

type Pattern = ParsedLiteral['pattern']
type Part = Pattern | Pattern['alternatives'][number] | Pattern['alternatives'][number]['elements'][number]

function repeatedChoices (part: Part): string[] {
  if (part.type === 'Quantifier') {
    const isChoice = part.max > 1 && (part.element.type === 'Group' || part.element.type === 'CapturingGroup') && part.element.alternatives.length > 1
    return [...isChoice ? [part.raw] : [], ...repeatedChoices(part.element)]
  }
  const inner: Part[] = 'alternatives' in part ? part.alternatives.filter((one) => one.type === 'Alternative') : part.type === 'Alternative' ? part.elements : []
  return inner.flatMap(repeatedChoices)
}

t.test('the check finds what is slow', async (t) => {
  const samples: Record<string, string[]> = {
    '^(a+)+$': ['exponential (Self)'], '^(a|a)*$': ['perhaps exponential ((a|a)*)'], '^\\d+\\.?\\d*$': ['quadratic (Trade)'], '^ +(.+)$': ['quadratic (Trade)'], 'a+$': ['quadratic (Move)'],
    '^a+$': [], '(?<!a)a+$': [], '^\\d+(\\.\\d*)?$': [],
  }
  for (const [source, expected] of Object.entries(samples)) t.same(slowness({ source, flags: '' }).slice(0, 1), expected, source)
  t.same(patternsIn('a.ts', "const x = { pattern: '^[/]$' }\nconst y = /[/]\\/x/gi").patterns, [{ place: 'a.ts:1', source: '^[/]$', flags: 'u' }, { place: 'a.ts:2', source: '[/]\\/x', flags: 'gi' }])
})

t.test('no pattern of ours takes time that grows faster than the text', async (t) => {
  const files = ['src', 'migrations'].flatMap((folder) => readdirSync(join(packageRoot, folder), { recursive: true, encoding: 'utf8' }).map((name) => join(folder, name))).filter((name) => /\.tsx?$/.test(name))
  const found = files.map((file) => patternsIn(file, readFileSync(join(packageRoot, file), 'utf8')))
  const patterns = found.flatMap(({ patterns }) => patterns)
  t.ok(patterns.length > 100, `${patterns.length} patterns in ${files.length} files`)
  t.same(patterns.flatMap((pattern) => slowness(pattern).map((why) => `${pattern.place}: /${pattern.source}/ is ${why}`)), [])
  t.same(found.flatMap(({ built }) => built), ['src/database/schema-dump.ts'], 'patterns made of parts cannot be checked: one, of names of our own')
})
