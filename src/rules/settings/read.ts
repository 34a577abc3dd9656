import { Ajv } from 'ajv'
import type { TObject, TSchema } from 'typebox'
import { isMap, isScalar, LineCounter, parseDocument, type Document, type Node, type Pair, type YAMLMap } from 'yaml'
import { rules as allRules } from '../all.js'
import type { Rule } from '../rule.js'
import { general } from './general.js'
import { nearest } from './nearest.js'
import { findInversions } from './order.js'
import { defaultSettings, defaultsOf, RuleSettingsError, type RuleSettings, type SettingsProblem } from './settings.js'

type Section = Record<string, unknown>

export interface ReadOptions {
  rules?: readonly Rule[]
  /** What counts where the text says nothing; the defaults unless given. */
  base?: RuleSettings
}

/**
 * Reads the text of a rules file (YAML); null is no file. Throws a RuleSettingsError that names every unknown section or key and every bad value
 * at once, each with its line.
 */
export function readRuleSettings (text: string | null, fileName: string, { rules = allRules, base = defaultSettings(rules) }: ReadOptions = {}): RuleSettings {
  if (text === null) return base
  const lines = new LineCounter()
  const document = parseDocument(text, { lineCounter: lines, prettyErrors: false })
  const problems: SettingsProblem[] = []
  const report = (offset: number, key: string, message: string): void => {
    const { line, col } = lines.linePos(offset)
    problems.push({ line, column: col, key, message })
  }
  for (const { pos, message } of document.errors) report(pos[0], '', message)
  const schemas = new Map<string, TObject>([['engine', general], ...rules.map(({ name, settings }) => [name, settings] as const)])
  const given = problems.length > 0 ? new Map<string, Section>() : readSections({ document, schemas, ajv: new Ajv({ strict: false }) }, report)
  const take = <T extends Section>(name: string, known: T): T => ({ ...known, ...given.get(name) })
  const settings = {
    engine: take('engine', base.engine),
    rules: Object.fromEntries(Object.entries(base.rules).map(([name, known]) => [name, take(name, known)])),
  }
  if (problems.length === 0) checkOrder({ document, schemas, settings }, report)
  if (problems.length > 0) throw new RuleSettingsError(fileName, problems.sort((a, b) => a.line - b.line || a.column - b.column))
  return settings
}

type Report = (offset: number, key: string, message: string) => void

interface Source { document: Document.Parsed, schemas: Map<string, TObject>, ajv: Ajv }

function readSections (source: Source, report: Report): Map<string, Section> {
  const sections = new Map<string, Section>()
  const { document: { contents }, schemas } = source
  if (contents === null || (isScalar(contents) && contents.value === null)) return sections
  if (!isMap(contents)) {
    report(contents.range[0], '', 'the file must hold sections, "engine:" or the name of a rule, with "key: value" lines in them')
    return sections
  }
  for (const pair of contents.items) {
    const name = String(pair.key)
    const schema = schemas.get(name)
    if (schema === undefined) report(offsetOf(pair), name, `there is no such rule${suggest(name, schemas.keys())}`)
    else sections.set(name, readSection({ name, schema, pair }, source, report))
  }
  return sections
}

function readSection ({ name, schema, pair: { key: nameNode, value } }: { name: string, schema: TObject, pair: Pair }, { document, ajv }: Source, report: Report): Section {
  // A section whose lines are all comments.
  if (value === null || (isScalar(value) && value.value === null)) return {}
  if (!isMap(value)) {
    report(offsetOf({ key: nameNode }), name, 'must be followed by "key: value" lines, each indented')
    return {}
  }
  const section: Section = {}
  for (const entry of value.items) {
    const key = String(entry.key)
    const property = schema.properties[key]
    const at = `${name}.${key}`
    if (property === undefined) {
      report(offsetOf(entry), at, `there is no such setting${suggest(key, Object.keys(schema.properties))}`)
      continue
    }
    const given: unknown = (entry.value as Node | null)?.toJS(document) ?? null
    if (ajv.validate(property, given)) section[key] = given
    else report(offsetOf(entry), at, `must be ${describe(property)}, not ${given === null ? 'empty' : JSON.stringify(given)}`)
  }
  return section
}

/** Thresholds that contradict each other are reported where the file sets one of them. */
function checkOrder ({ document, schemas, settings }: { document: Document.Parsed, schemas: Map<string, TObject>, settings: RuleSettings }, report: Report): void {
  for (const [name, schema] of schemas) {
    const values = name === 'engine' ? settings.engine : settings.rules[name]!
    for (const { key, message, other } of findInversions(defaultsOf(schema), values)) {
      const section = document.get(name) as YAMLMap | null | undefined
      const entry = isMap(section) ? section.items.find((item) => String(item.key) === key) ?? section.items.find((item) => String(item.key) === other) : undefined
      report(entry === undefined ? 0 : offsetOf(entry), `${name}.${key}`, message)
    }
  }
}

function offsetOf ({ key }: Pick<Pair, 'key'>): number {
  return (key as Node | null)?.range?.[0] ?? 0
}

function suggest (word: string, known: Iterable<string>): string {
  const match = nearest(word, [...known])
  return match === null ? '' : `; did you mean "${match}"?`
}

function describe (schema: TSchema): string {
  const { type, minimum, maximum, enum: values } = schema as { type?: string, minimum?: number, maximum?: number, enum?: unknown[] }
  if (values !== undefined) return `one of ${values.join(', ')}`
  if (type === 'boolean') return 'true or false'
  const range = [minimum === undefined ? '' : ` from ${minimum}`, maximum === undefined ? '' : ` to ${maximum}`].join('')
  return `a ${type === 'integer' ? 'whole number' : type}${range}`
}
