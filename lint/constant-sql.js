/** Methods whose first argument, or the `text` in it, goes to the database server as it is. */
const methods = new Set(['query'])
/** Functions of ours that hand their second argument to such a method. */
const functions = new Set(['select'])

/** True where a value can't depend on anything that came in after the module was loaded. */
function isConstant (node, scope) {
  switch (node.type) {
    case 'Literal': return true
    case 'TemplateLiteral': return node.expressions.every((expression) => isConstant(expression, scope))
    case 'BinaryExpression': return isConstant(node.left, scope) && isConstant(node.right, scope)
    case 'ConditionalExpression': return isConstant(node.consequent, scope) && isConstant(node.alternate, scope)
    case 'LogicalExpression': return isConstant(node.left, scope) && isConstant(node.right, scope)
    case 'TSNonNullExpression': case 'TSAsExpression': case 'TSSatisfiesExpression': return isConstant(node.expression, scope)
    // What an object or a list of constants holds, whichever part is taken.
    case 'MemberExpression': return isConstant(node.object, scope)
    case 'Identifier': return isConstantName(node.name, scope)
    default: return false
  }
}

function isConstantName (name, scope) {
  const variable = findVariable(name, scope)
  const definition = variable?.defs[0]
  if (definition === undefined) return false
  if (definition.type === 'ImportBinding') return true
  if (definition.type !== 'Variable' || definition.parent.kind !== 'const') return false
  if (variable.scope.type === 'module') return true
  const { id, init } = definition.node
  return id.type === 'Identifier' && init !== null && isConstant(init, variable.scope)
}

function findVariable (name, scope) {
  for (let at = scope; at !== null; at = at.upper) {
    const variable = at.set.get(name)
    if (variable !== undefined) return variable
  }
  return undefined
}

/** The statement in the argument of a method: text, or an object with `text`. */
function statementOf (argument) {
  if (argument?.type !== 'ObjectExpression') return argument
  return argument.properties.find((property) => property.type === 'Property' && property.key.name === 'text')?.value
}

/**
 * SQL is what a module's constants say. Values travel as parameters; where a name must be put into a statement (no parameter can stand
 * for a table), a comment at the call says why it can only be one of ours.
 */
export const constantSql = {
  meta: {
    type: 'problem',
    docs: { description: 'statements are made of constants alone' },
    messages: { notConstant: 'This statement is not made of constants alone. Send values as parameters, or say in a disabling comment why these can only be ours.' },
    schema: [],
  },
  create: (context) => ({
    CallExpression (node) {
      const { callee, arguments: [first, second] } = node
      const isMethod = callee.type === 'MemberExpression' && methods.has(callee.property.name)
      if (!isMethod && !(callee.type === 'Identifier' && functions.has(callee.name))) return
      const statement = isMethod ? statementOf(first) : second
      if (statement === undefined || isConstant(statement, context.sourceCode.getScope(node))) return
      context.report({ node: statement, messageId: 'notConstant' })
    },
  }),
}
