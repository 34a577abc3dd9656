import { bottleneckLink } from './bottleneck-link.js'
import { jitterBurst } from './jitter-burst.js'
import { lossSpike } from './loss-spike.js'
import { nodeOverload } from './node-overload.js'
import { rfQualityDrop } from './rf-quality-drop.js'
import { routeFlapping } from './route-flapping.js'
import type { Rule } from './rule.js'

/** Every rule in judging order: causes first, so that what follows from them finds them. */
export const rules: readonly Rule[] = [rfQualityDrop, bottleneckLink, nodeOverload, jitterBurst, lossSpike, routeFlapping]
