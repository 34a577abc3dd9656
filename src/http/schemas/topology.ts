import { Type } from 'typebox'
import { object } from './common.js'

export const NetworkGraph = Type.Object({
  type: Type.Literal('NetworkGraph'),
  protocol: Type.String(),
  version: Type.String(),
  metric: Type.String(),
  label: Type.String(),
  nodes: Type.Array(Type.Object({ id: Type.String(), label: Type.String(), properties: object })),
  links: Type.Array(Type.Object({
    source: Type.String(),
    target: Type.String(),
    cost: Type.Number({ description: 'etx, else txcost / 256, else 1' }),
    properties: object,
  })),
}, { $id: 'NetworkGraph', description: 'NetJSON NetworkGraph, RFC draft of netjson.org' })

export const FeatureCollection = Type.Object({
  type: Type.Literal('FeatureCollection'),
  features: Type.Array(Type.Object({
    type: Type.Literal('Feature'),
    id: Type.String(),
    geometry: Type.Object({
      type: Type.String({ description: 'Point of a node, LineString of a link' }),
      coordinates: Type.Array(Type.Unknown(), { description: 'Longitude, latitude and, where known, metres above sea level' }),
    }),
    properties: object,
  })),
}, { $id: 'FeatureCollection', description: 'GeoJSON, RFC 7946' })

export const topologySchemas = [NetworkGraph, FeatureCollection]
