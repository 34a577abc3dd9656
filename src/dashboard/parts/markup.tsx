/** Markup that drawChart, drawSparkline or the map made: escaped there. Never anything that was sent by a node. */
export function Markup ({ svg, class: name }: { svg: string, class?: string }) {
  return <div {...name !== undefined && { class: name }} dangerouslySetInnerHTML={{ __html: svg }} />
}
