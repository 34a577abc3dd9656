import type { Href } from '../href.js'
import type { ScopeBody } from '../../http/schemas/issues.js'

/** What an issue is about, each name a link to its page; a path also to the map with its route drawn. */
export function ScopeLinks ({ scope, href }: { scope: ScopeBody, href: Href }) {
  const { type, src = '', dst = '', a = '', b = '', medium = 'rf', node = '' } = scope
  switch (type) {
    case 'path': return <><a href={href({ to: 'path', src, dst })}>{`${src} → ${dst}`}</a> <a class='minor-link' href={href({ to: 'route', src, dst })}>on the map</a></>
    case 'link': return <a href={href({ to: 'link', a, b, medium })}>{`${a} – ${b}${medium === 'rf' ? '' : ` (${medium})`}`}</a>
    case 'node': return <a href={href({ to: 'node', id: node })}>{node}</a>
    default: return <>the collector</>
  }
}
