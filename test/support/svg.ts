/** An element of an SVG; `text` is all text in it, also of its children. */
export interface SvgElement { name: string, attributes: Readonly<Record<string, string>>, children: SvgElement[], text: string }

const token = /<(\/?)([a-z][\w:-]*)((?:\s+[\w:-]+="[^"<]*")*)\s*(\/?)>|([^<]+)/gy
const attribute = /([\w:-]+)="([^"]*)"/g
const entity = /&(?:(amp|lt|gt|quot)|#(\d+));/g
const named: Readonly<Record<string, string>> = { amp: '&', lt: '<', gt: '>', quot: '"' }

/** Reads an SVG strictly: throws at anything that is not well-formed, an attribute given twice, or a character that XML forbids. */
export function parseSvg (source: string): SvgElement {
  // eslint-disable-next-line no-control-regex
  if (/[\u0000-\u0008\u000b\u000c\u000e-\u001f\ufffe\uffff]/.test(source) || /\p{Surrogate}/u.test(source)) throw new Error('a character that XML forbids')
  const top: SvgElement = { name: '', attributes: {}, children: [], text: '' }
  const open = [top]
  token.lastIndex = 0
  while (token.lastIndex < source.length) {
    const at = token.lastIndex
    const found = token.exec(source)
    if (found === null) throw new Error(`not well-formed: ${source.slice(at, at + 80)}`)
    const [, closing, name = '', attributes = '', selfClosing, text] = found
    const parent = open.at(-1)!
    if (text !== undefined) {
      const plain = decode(text)
      for (const element of open) element.text += plain
    } else if (closing === '/') {
      if (open.pop()?.name !== name || open.length === 0) throw new Error(`</${name}> closes nothing`)
    } else {
      const element: SvgElement = { name, attributes: readAttributes(attributes), children: [], text: '' }
      parent.children.push(element)
      if (selfClosing === '') open.push(element)
    }
  }
  const [root, ...others] = top.children
  if (open.length !== 1 || root === undefined || others.length > 0) throw new Error('not one element')
  return root
}

function readAttributes (source: string): Record<string, string> {
  const attributes: Record<string, string> = {}
  for (const [, name = '', value = ''] of source.matchAll(attribute)) {
    if (name in attributes) throw new Error(`${name} is there twice`)
    attributes[name] = decode(value)
  }
  return attributes
}

function decode (text: string): string {
  if (text.replace(entity, '').includes('&')) throw new Error(`a bare &: ${text.slice(0, 80)}`)
  return text.replace(entity, (_, name: string | undefined, code: string) => name === undefined ? String.fromCodePoint(Number(code)) : named[name] ?? '')
}

/** The element and all within, in the order of the source. */
export function allOf (element: SvgElement): SvgElement[] {
  return [element, ...element.children.flatMap(allOf)]
}

/** Elements of a class. */
export function ofClass (root: SvgElement, name: string): SvgElement[] {
  return allOf(root).filter(({ attributes }) => attributes['class']?.split(' ').includes(name))
}

/** How many pieces a path has. */
export function pieces (element: SvgElement | undefined): number {
  return element?.attributes['d']?.match(/M/g)?.length ?? 0
}
